/** How a gate did where the truth is known. */

import { For, Show } from "solid-js";
import type { Rate, SelfTest } from "../shapes";
import { amount } from "../words";
import { Badge } from "./badge";
import { Grid } from "./panel";

function Share(props: { rate: Rate | null; alpha?: number }) {
  return (
    <Show when={props.rate} fallback={<span class="faint">not tried</span>}>
      {(rate) => (
        <span class="nowrap">
          {amount(rate().events / rate().trials, "ratio")}{" "}
          <Show when={rate().interval}>{(interval) => <span class="faint">[{amount(interval()[0], "ratio")}, {amount(interval()[1], "ratio")}]</span>}</Show>{" "}
          <Show when={props.alpha !== undefined && (rate().interval?.[0] ?? 0) > props.alpha}><Badge word="no vote" tone="bad" /></Show>
        </span>
      )}
    </Show>
  );
}

export function SelfTested(props: { tested: SelfTest }) {
  return (
    <>
      <Grid label="False alarms and power of each criterion">
        <thead>
          <tr><th scope="col">Criterion</th><th scope="col">False alarm</th><th scope="col">False pass</th><th scope="col">Finds</th><th scope="col">Passes good</th></tr>
        </thead>
        <tbody>
          <For each={props.tested.criteria}>
            {(criterion) => (
              <tr>
                <th scope="row">{criterion.id}</th>
                <td><Share rate={criterion.false_alarm} alpha={props.tested.alpha} /></td>
                <td><Share rate={criterion.false_pass} alpha={props.tested.alpha} /></td>
                <td><Share rate={criterion.power} /> <span class="faint">{criterion.planted}</span></td>
                <td><Share rate={criterion.passes_good} /> <span class="faint">{criterion.good}</span></td>
              </tr>
            )}
          </For>
        </tbody>
      </Grid>
      <p class="faint">Computed just now from {props.tested.seeds} seeds for each criterion; the same seeds give the same figures. A rate that is surely above {amount(props.tested.alpha, "ratio")} takes the gate's vote.</p>
    </>
  );
}
