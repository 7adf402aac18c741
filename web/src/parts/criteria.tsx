/** Criteria, each with its interval against what is accepted and the evidence that it was read from. */

import { For, Show } from "solid-js";
import type { Criterion } from "../shapes";
import { amount, count } from "../words";
import { Badge, toneOf } from "./badge";
import { Cites } from "./cite";
import { Command } from "./command";
import { Interval } from "./interval";

const word = (criterion: Criterion): string => (criterion.validity === "VALID" ? criterion.outcome : criterion.validity);

const TRENDS = { no_history: "no history yet", steady: "steady", better: "better than before", worse: "worse than before" };

export function Criteria(props: { criteria: readonly Criterion[] }) {
  return (
    <ul class="criteria">
      <For each={props.criteria}>
        {(criterion) => (
          <li>
            <div class="what">
              <span class="split"><strong>{criterion.id}</strong><Badge word={word(criterion)} /></span>
              <p>{criterion.target}{criterion.required ? "" : ", not required"}</p>
              <p class="faint">{criterion.reason}</p>
              <Show when={criterion.bypass}>{(bypass) => <p class="bypass">Lifted by a recorded reason: {bypass()}</p>}</Show>
            </div>
            <Show
              when={criterion.observed !== null}
              fallback={
                <div class="seen no-data">
                  <strong>NO DATA AVAILABLE</strong>
                  <Show when={criterion.needed.command}>{(command) => <Command text={command()} />}</Show>
                </div>
              }
            >
              <div class="seen">
                <p>
                  <strong class="big">{amount(criterion.observed ?? 0, criterion.unit)}</strong>
                  <Show when={criterion.interval}>
                    {(ends) => <span class="faint"> [{amount(ends()[0], criterion.unit)}, {amount(ends()[1], criterion.unit)}]</span>}
                  </Show>
                  <Show when={criterion.n}>{(n) => <span class="faint"> n {count(n())}</span>}</Show>
                </p>
                <Interval label={criterion.id} observed={criterion.observed ?? 0} interval={(criterion.interval as [number, number] | null) ?? null} accepted={criterion.accepted as { low: number | null; high: number | null }} unit={criterion.unit} tone={toneOf(word(criterion))} />
                <p class="faint">{TRENDS[criterion.trend]}; {criterion.method}</p>
                <Cites places={criterion.evidence} />
                <Show when={criterion.needed.samples}>{(samples) => <p class="needed">{count(samples())} more samples an arm would decide it.</p>}</Show>
              </div>
            </Show>
          </li>
        )}
      </For>
    </ul>
  );
}
