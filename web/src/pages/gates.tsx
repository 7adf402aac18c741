/** Gates: what each decided last, and before that. */

import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { Answered } from "../parts/answered";
import { Badge, toneOf } from "../parts/badge";
import { PageHead, Panel } from "../parts/panel";
import * as reads from "../reads";
import { ago, moment } from "../words";

/** The verdicts that a strip shows. */
const STRIP = 40;

export function Gates() {
  const gates = reads.gates();
  const decisions = reads.decisions(undefined, 1_000);
  const of = (gate: string) => (decisions.value() ?? []).filter((decision) => decision.gate === gate);
  return (
    <>
      <PageHead title="Gates" />
      <Answered live={gates}>
        {(found) => (
          <div class="cards">
            <For each={found()}>
              {(gate) => (
                <Panel title={gate.name} beside={<A href={`/gates/${gate.name}`}>Open</A>}>
                  <p>{gate.title}</p>
                  <p class="faint">{gate.criteria} criteria, {gate.origin}</p>
                  <Show
                    when={of(gate.name)[0]}
                    fallback={<p class="no-data"><strong>NO DATA AVAILABLE</strong> It has not decided yet.</p>}
                  >
                    {(last) => (
                      <>
                        <p><Badge word={last().verdict} /> <time datetime={last().decided_at} title={moment(last().decided_at)}>{ago(last().decided_at)}</time></p>
                        <ol class="strip" aria-label="Verdicts, oldest first">
                          <For each={of(gate.name).slice(0, STRIP).toReversed()}>
                            {(decision) => (
                              <li>
                                <A class={toneOf(decision.verdict)} href={`/gates/${gate.name}?record=${decision.record}`} title={`${decision.verdict}, ${moment(decision.decided_at)}`}>
                                  <span class="hidden">{decision.verdict}, {moment(decision.decided_at)}</span>
                                </A>
                              </li>
                            )}
                          </For>
                        </ol>
                      </>
                    )}
                  </Show>
                </Panel>
              )}
            </For>
          </div>
        )}
      </Answered>
    </>
  );
}
