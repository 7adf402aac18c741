/** What the monitor says: the difference of both versions, with its always-valid interval. */

import { For, Show } from "solid-js";
import type { MetricResult, RolloutStatus } from "../shapes";
import { amount, count } from "../words";
import { Badge, toneOf } from "./badge";
import { Interval } from "./interval";

type Quantity = "latency" | "share";

/** Latency is told in milliseconds, everything else as a share of the requests. */
function quantityOf(name: string, plan: RolloutStatus["plan"]): Quantity {
  const planned = [...(plan?.monitor ?? []), ...(plan?.steps ?? []).flatMap((step) => ("analysis" in step ? step.analysis.metrics : []))];
  const found = planned.find((metric) => metric.name === name);
  return typeof found?.quantity === "object" && found.quantity !== null && "latency" in found.quantity ? "latency" : "share";
}

export function Metrics(props: { results: readonly MetricResult[]; plan: RolloutStatus["plan"] }) {
  return (
    <ul class="criteria">
      <For each={props.results}>
        {(result) => {
          const unit = () => (quantityOf(result.metric, props.plan) === "latency" ? "ms" : "ratio");
          const middle = () => (result.interval ? (result.interval[0] + result.interval[1]) / 2 : (result.candidate ?? 0) - (result.baseline ?? 0));
          const word = () => (result.validity === "VALID" ? result.outcome : result.validity);
          return (
            <li>
              <div class="what">
                <span class="split"><strong>{result.metric}</strong><Badge word={word()} /></span>
                <p>
                  live {result.baseline === null ? "none" : amount(result.baseline, unit())}, candidate {result.candidate === null ? "none" : amount(result.candidate, unit())}
                </p>
                <p class="faint">n {count(result.n[0])}, {count(result.n[1])}{result.dry_run ? "; decides nothing" : ""}</p>
              </div>
              <div class="seen">
                <Show when={result.interval} fallback={<p class="faint">Too few requests for an interval.</p>}>
                  {(ends) => (
                    <>
                      <p class="faint">difference [{amount(ends()[0], unit())}, {amount(ends()[1], unit())}], at most {amount(result.threshold, unit())}</p>
                      <Interval label={result.metric} observed={middle()} interval={ends()} accepted={{ low: null, high: result.threshold }} unit={unit()} tone={toneOf(word())} />
                    </>
                  )}
                </Show>
              </div>
            </li>
          );
        }}
      </For>
    </ul>
  );
}
