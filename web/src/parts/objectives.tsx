/** What services promise, and how much of each error budget is left. */

import { For, Show } from "solid-js";
import type { Measured, Standing } from "../shapes";
import { amount, length } from "../words";
import { Badge } from "./badge";
import { Number } from "./cite";
import { NoData } from "./no-data";

export function Objectives(props: { standings: readonly Standing[] }) {
  return (
    <ul class="objectives">
      <For each={props.standings}>
        {(standing) => {
          const remaining = () => standing.budget?.remaining as Measured | undefined;
          const left = () => Math.max(0, Math.min(1, remaining()?.value ?? 0));
          return (
            <li>
              <div class="split">
                <span><strong>{standing.name}</strong> <span class="faint">{standing.service}, {amount(standing.target, "ratio")} of {length(standing.window.window_ms)}</span></span>
                <Badge word={standing.state} />
              </div>
              <Show
                when={remaining()}
                fallback={<NoData why={standing.window.reason || "The window holds no valid data."} command={`adjutant objective status ${standing.name}`} />}
              >
                {(number) => (
                  <>
                    <svg class="budget" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                      <rect class="spent" width="100" height="4" rx="2" />
                      <rect class={left() > 0 ? "left" : "none"} width={left() * 100} height="4" rx="2" />
                    </svg>
                    <p>Budget left: <Number of={number()} /></p>
                  </>
                )}
              </Show>
            </li>
          );
        }}
      </For>
    </ul>
  );
}
