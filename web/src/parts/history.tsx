/** How a criterion's value went over the last decisions, and where it changed. */

import { useNavigate } from "@solidjs/router";
import { createSignal, For, lazy, Show, Suspense } from "solid-js";
import { read } from "../api";
import { createLive } from "../live";
import type { Decision, GateAnswer } from "../shapes";
import { amount, moment } from "../words";
import { Badge } from "./badge";
import { Cites } from "./cite";
import { NoData } from "./no-data";
import { Grid } from "./panel";

const TimeChart = lazy(async () => ({ default: (await import("./time-chart")).TimeChart }));

/** The decisions that a trend is judged by. */
const DECISIONS_MAX = 30;

interface Point {
  record: string;
  answer: GateAnswer;
}

export function History(props: { decisions: readonly Decision[] }) {
  const navigate = useNavigate();
  const points = createLive<Point[]>([], () =>
    Promise.all(
      props.decisions
        .slice(0, DECISIONS_MAX)
        .toReversed()
        .map(async ({ record }) => ({ record, answer: await read<GateAnswer>(`/decisions/${record}`) })),
    ),
  );
  const [chosen, setChosen] = createSignal<string>();
  const names = () => [...new Set((points.value() ?? []).flatMap((point) => point.answer.criteria.map((criterion) => criterion.id)))];
  const measured = (name: string) =>
    (points.value() ?? []).flatMap(({ record, answer }) => {
      const criterion = answer.criteria.find((criterion) => criterion.id === name);
      return criterion?.observed == null ? [] : [{ record, at: answer.decided_at, criterion, observed: criterion.observed }];
    });
  const name = () => chosen() ?? names().find((name) => measured(name).length > 0) ?? names()[0];
  return (
    <>
      <label class="choice">
        Criterion{" "}
        <select value={name()} onChange={(event) => setChosen(event.currentTarget.value)}>
          <For each={names()}>{(name) => <option value={name}>{name}</option>}</For>
        </select>
      </label>
      <Show when={name()}>
        {(name) => (
          <Show when={measured(name()).length > 0} fallback={<NoData why={`No decision has a value of ${name()}.`} />}>
            <Show when={measured(name()).length > 1}>
              <Suspense>
                <TimeChart
                  label={name()}
                  unit={measured(name())[0]?.criterion.unit}
                  points={measured(name()).map(({ at, observed, criterion }) => ({ at: Date.parse(at), value: observed, interval: criterion.interval as [number, number] | null, changed: criterion.trend === "better" || criterion.trend === "worse" }))}
                />
              </Suspense>
            </Show>
            <Grid label={`Values of ${name()}`}>
              <thead><tr><th scope="col">Decided</th><th scope="col">Value</th><th scope="col">Answer</th><th scope="col">Against those before</th><th scope="col">Evidence</th></tr></thead>
              <tbody>
                <For each={measured(name()).toReversed()}>
                  {({ record, at, criterion, observed }) => (
                    <tr>
                      <th scope="row"><button type="button" class="link" onClick={() => navigate(`?record=${record}`)}>{moment(at)}</button></th>
                      <td class="nowrap">{amount(observed, criterion.unit)} <Show when={criterion.interval}>{(ends) => <span class="faint">[{amount(ends()[0], criterion.unit)}, {amount(ends()[1], criterion.unit)}]</span>}</Show></td>
                      <td><Badge word={criterion.validity === "VALID" ? criterion.outcome : criterion.validity} /></td>
                      <td>{criterion.trend === "no_history" ? "too few to tell" : criterion.trend === "steady" ? "steady" : <Badge word={`changed, ${criterion.trend}`} tone={criterion.trend === "worse" ? "bad" : "good"} />}</td>
                      <td><Cites places={criterion.evidence} most={1} /></td>
                    </tr>
                  )}
                </For>
              </tbody>
            </Grid>
          </Show>
        )}
      </Show>
    </>
  );
}
