/** Services, and what happened to each last. */

import { A } from "@solidjs/router";
import { For } from "solid-js";
import { Answered } from "../parts/answered";
import { Badge } from "../parts/badge";
import { NoData } from "../parts/no-data";
import { Grid, PageHead } from "../parts/panel";
import * as reads from "../reads";
import { ago, moment } from "../words";

export function Rollouts() {
  const services = reads.services();
  return (
    <>
      <PageHead title="Rollouts" />
      <Answered
        live={services}
        isEmpty={(found) => found.length === 0}
        nothing={<NoData why="Nothing was ever rolled out." command="adjutant rollout start SERVICE --artifact FILE" />}
      >
        {(found) => (
          <section class="panel">
            <Grid label="Services">
              <thead><tr><th scope="col">Service</th><th scope="col">Rollout</th><th scope="col">Phase</th><th scope="col">Last event</th></tr></thead>
              <tbody>
                <For each={found()}>
                  {(service) => (
                    <tr>
                      <th scope="row"><A href={`/rollouts/${service.service}`}>{service.service}</A></th>
                      <td>{service.rollout ?? <span class="faint">none yet</span>}</td>
                      <td><Badge word={service.phase ?? "live"} /></td>
                      <td><A href={`/rollouts/${service.service}#event-${service.number}`}>#{service.number}</A> <time datetime={service.at} title={moment(service.at)}>{ago(service.at)}</time></td>
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
