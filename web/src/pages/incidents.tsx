/** Incidents: versions that were taken back from users, and what follows from them. */

import { A, useParams } from "@solidjs/router";
import { For, Show } from "solid-js";
import { Answered } from "../parts/answered";
import { Badge } from "../parts/badge";
import { Command } from "../parts/command";
import { NoData } from "../parts/no-data";
import { Grid, PageHead, Panel } from "../parts/panel";
import * as reads from "../reads";
import type { Incident } from "../shapes";
import { ago, count, length, moment, short, spaced } from "../words";

/** The decision that an incident's times and counts were read from. */
const eventHref = (incident: Incident): string => `/rollouts/${incident.service}#event-${incident.id.split(":")[1]}`;

export function Incidents() {
  const incidents = reads.incidents();
  return (
    <>
      <PageHead title="Incidents" />
      <Answered
        live={incidents}
        isEmpty={(found) => found.length === 0}
        nothing={<NoData why="No version was ever taken back from users." command="adjutant incident list" />}
      >
        {(found) => (
          <section class="panel">
            <Grid label="Incidents, newest first">
              <thead>
                <tr><th scope="col">Incident</th><th scope="col">Version</th><th scope="col">Detected in</th><th scope="col">Recovered in</th><th scope="col">Requests hit</th><th scope="col">When</th><th scope="col">Evidence</th></tr>
              </thead>
              <tbody>
                <For each={found().toReversed()}>
                  {(incident) => (
                    <tr>
                      <th scope="row"><A href={`/incidents/${incident.id}`}>{incident.id}</A></th>
                      <td><code title={incident.version}>{short(incident.version)}</code></td>
                      <td>{length(incident.detection_ms)}</td>
                      <td>{incident.recovery_ms === null ? <Badge word="not recovered" tone="bad" /> : length(incident.recovery_ms)}</td>
                      <td><Hit incident={incident} /></td>
                      <td class="nowrap"><time datetime={incident.detected_at} title={moment(incident.detected_at)}>{ago(incident.detected_at)}</time></td>
                      <td><A class="cite" href={eventHref(incident)}>decision #{incident.id.split(":")[1]}</A></td>
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

export function IncidentPage() {
  const params = useParams<{ incident: string }>();
  const found = reads.postMortem(() => params.incident);
  return (
    <>
      <PageHead title={params.incident} kind="Incident">
        <p><A href="/incidents">All incidents</A></p>
      </PageHead>
      <Answered live={found}>
        {(post) => {
          const incident = () => post().incident;
          return (
            <>
              <div class="columns">
                <Panel title="What happened">
                  <dl class="facts">
                    <div><dt>Service</dt><dd><A href={`/rollouts/${incident().service}`}>{incident().service}</A> {incident().rollout}</dd></div>
                    <div><dt>Taken back</dt><dd><code title={incident().version}>{short(incident().version)}</code></dd></div>
                    <div><dt>To</dt><dd><code title={incident().back_to ?? ""}>{short(incident().back_to ?? "nothing")}</code></dd></div>
                    <div><dt>By</dt><dd>{incident().by_person ? "a person" : "the monitor"}</dd></div>
                    <div><dt>Requests hit</dt><dd><Hit incident={incident()} /></dd></div>
                    <div><dt>Evidence</dt><dd><A class="cite" href={eventHref(incident())}>decision #{incident().id.split(":")[1]}</A></dd></div>
                  </dl>
                </Panel>
                <Panel title="Recovery"><Recovery incident={incident()} /></Panel>
              </div>
              <Panel title="Timeline">
                <ol class="log">
                  <For each={post().events}>
                    {(event) => (
                      <li>
                        <span class="when"><A class="cite" href={`/rollouts/${incident().service}#event-${event.event}`}>#{event.event}</A> <time datetime={event.at}>{moment(event.at)}</time></span>
                        <p>{event.told}</p>
                      </li>
                    )}
                  </For>
                </ol>
              </Panel>
              <Notes title="Root cause, factors and notes" notes={post().notes} command={`adjutant incident note ${incident().id} --root-cause TEXT`} />
              <Notes title="Action items" notes={post().actions} command={`adjutant incident note ${incident().id} --action TEXT`} />
            </>
          );
        }}
      </Answered>
    </>
  );
}

/** How long users were hurt, as one line of time. */
function Recovery(props: { incident: Incident }) {
  const parts = () => [
    { name: "Exposed until it was detected", class: "exposed", ms: props.incident.detection_ms },
    { name: "From detection to recovery", class: "mended", ms: props.incident.recovery_ms },
  ];
  const total = () => parts().reduce((sum, part) => sum + (part.ms ?? 0), 0) || 1;
  const before = (at: number) => parts().slice(0, at).reduce((sum, part) => sum + (part.ms ?? 0), 0);
  return (
    <>
      <svg class="timeline" viewBox="0 0 100 5" preserveAspectRatio="none" aria-hidden="true">
        <For each={parts()}>{(part, at) => <rect class={part.class} x={(before(at()) / total()) * 100} width={Math.max(0.8, ((part.ms ?? 0) / total()) * 100)} height="5" />}</For>
      </svg>
      <dl class="facts">
        <For each={parts()}>
          {(part) => <div><dt><span class={`swatch ${part.class}`} />{part.name}</dt><dd>{part.ms === null ? "NO DATA AVAILABLE" : length(part.ms)}</dd></div>}
        </For>
      </dl>
    </>
  );
}

const told = (note: Record<string, unknown>): [string, string][] =>
  Object.entries(note).map(([name, value]) => [spaced(name), typeof value === "string" ? value : JSON.stringify(value)]);

function Notes(props: { title: string; notes: readonly Record<string, unknown>[]; command: string }) {
  return (
    <Panel title={props.title}>
      <Show when={props.notes.length > 0} fallback={<NoData why="Nobody has written any down." command={props.command} />}>
        <For each={props.notes}>
          {(note) => <dl class="facts"><For each={told(note)}>{([name, value]) => <div><dt>{name}</dt><dd>{value}</dd></div>}</For></dl>}
        </For>
        <Command text={props.command} />
      </Show>
    </Panel>
  );
}

/** The requests that a faulty version served, where a measurement tells. */
function Hit(props: { incident: Incident }) {
  return (
    <Show when={props.incident.requests !== null} fallback={<span class="faint">NO DATA AVAILABLE: nothing was measured</span>}>
      {count(props.incident.requests ?? 0)} <span class="faint">{count(props.incident.failures ?? 0)} failed</span>
    </Show>
  );
}
