/** Reports: one of each decision, rendered as often as anybody asks. */

import { A } from "@solidjs/router";
import { For } from "solid-js";
import { Answered } from "../parts/answered";
import { Badge } from "../parts/badge";
import { NoData } from "../parts/no-data";
import { Grid, PageHead } from "../parts/panel";
import * as reads from "../reads";
import { ago, moment, short } from "../words";

export function Reports() {
  const decisions = reads.decisions(undefined, 1_000);
  return (
    <>
      <PageHead title="Reports" />
      <Answered
        live={decisions}
        isEmpty={(found) => found.length === 0}
        nothing={<NoData why="No gate has decided yet, so there is nothing to report." command="adjutant gate release --evidence baseline=FILE --evidence candidate=FILE" />}
      >
        {(found) => (
          <section class="panel">
            <Grid label="Reports, newest first">
              <thead><tr><th scope="col">Report</th><th scope="col">Verdict</th><th scope="col">Decided</th><th scope="col">Record</th></tr></thead>
              <tbody>
                <For each={found()}>
                  {(decision) => (
                    <tr>
                      <th scope="row"><A href={`/reports/${decision.record}`}>Deployment report, gate {decision.gate}</A></th>
                      <td><Badge word={decision.verdict} /></td>
                      <td class="nowrap"><time datetime={decision.decided_at} title={moment(decision.decided_at)}>{ago(decision.decided_at)}</time></td>
                      <td><code title={decision.record}>{short(decision.record)}</code></td>
                    </tr>
                  )}
                </For>
              </tbody>
            </Grid>
          </section>
        )}
      </Answered>
    </>
  );
}
