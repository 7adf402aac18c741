/** What a gate waits for besides its criteria: the composite risk, and the votes of the team. */

import { For, Show } from "solid-js";
import type { Joint } from "../shapes";
import { amount } from "../words";
import { Badge } from "./badge";
import { Cites } from "./cite";
import { Grid } from "./panel";

type RiskAnswer = NonNullable<Joint["risk"]>;
type QuorumAnswer = NonNullable<Joint["quorum"]>;

const either = ([low, high]: readonly number[]): string =>
  low === high ? amount(low ?? 0, "1") : `${amount(low ?? 0, "1")} to ${amount(high ?? 0, "1")}`;

export function Risk(props: { risk: RiskAnswer }) {
  return (
    <>
      <p><Badge word={props.risk.standing} tone={props.risk.standing === "LOW" ? "good" : props.risk.standing === "HIGH" ? "bad" : "open"} /> <strong>{either(props.risk.score)}</strong> <span class="faint">the weighted sum of the factors below; one that is unknown makes it a range</span></p>
      <Show when={props.risk.veto}>{(veto) => <p class="problem">{veto()}</p>}</Show>
      <ul class="factors">
        <For each={props.risk.factors}>
          {(factor) => (
            <li>
              <span class="split"><strong>{factor.factor}</strong><span>{either(factor.level)} <span class="faint">× {factor.weight}</span></span></span>
              <svg class="range" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="track" width="100" height="6" rx="3" />
                <rect class={factor.validity === "VALID" ? "known" : "unknown"} x={factor.level[0] * 100} width={Math.max(1.5, (factor.level[1] - factor.level[0]) * 100)} height="6" rx="3" />
              </svg>
              <p class="faint">{factor.reason}</p>
              <For each={factor.observed}>{(observed) => <p>{observed.what}: <strong>{amount(observed.value, observed.unit)}</strong> <Cites places={observed.evidence} most={1} /></p>}</For>
            </li>
          )}
        </For>
      </ul>
    </>
  );
}

const BALLOTS: Record<string, "good" | "bad" | "open"> = { GO: "good", "NO-GO": "bad", ABSTAIN: "open" };

export function Consensus(props: { quorum: QuorumAnswer }) {
  return (
    <>
      <p><Badge word={props.quorum.standing} tone={BALLOTS[props.quorum.standing] ?? "open"} /> <span class="faint">at least two thirds of all voters have to say GO</span></p>
      <Grid label="Votes">
        <thead><tr><th scope="col">Role</th><th scope="col">Vote</th><th scope="col">Because</th></tr></thead>
        <tbody>
          <For each={props.quorum.voters}>
            {(voter) => (
              <tr>
                <th scope="row">{voter.role}</th>
                <td><Badge word={voter.counted ?? "not voted"} tone={BALLOTS[voter.counted ?? ""] ?? "open"} /></td>
                <td>
                  <Show when={voter.vote} fallback={<span class="faint">NO DATA AVAILABLE</span>}>
                    {(vote) => <>{vote().because} <Cites places={vote().evidence} most={1} /></>}
                  </Show>
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </Grid>
    </>
  );
}
