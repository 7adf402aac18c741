/** A service while a version is rolled out: its stages, both versions side by side, every decision. */

import { A, useParams } from "@solidjs/router";
import { createMemo, For, Show } from "solid-js";
import { Answered } from "../parts/answered";
import { Badge } from "../parts/badge";
import { DecisionLog } from "../parts/decision-log";
import { Distribution } from "../parts/distribution";
import { Metrics } from "../parts/metrics";
import { NoData } from "../parts/no-data";
import { PageHead, Panel } from "../parts/panel";
import { Stages } from "../parts/stages";
import { Steering } from "../parts/steering";
import * as reads from "../reads";
import type { Desired, RolloutStatus, ServiceEvent, Traffic, TrafficSource } from "../shapes";
import { decidedIn, isUnderWay } from "../rollout";
import { length, moment, share, short } from "../words";

/** How often a rollout under way is looked at: what is measured live is in no journal. */
const LOOK_EVERY_MS = 2_000;


const seenIn = (source: TrafficSource | undefined): Traffic | undefined =>
  typeof source === "object" && "seen" in source ? source.seen : undefined;

export function RolloutPage() {
  const params = useParams<{ service: string }>();
  const service = () => params.service;
  const status: ReturnType<typeof reads.rolloutStatus> = reads.rolloutStatus(service, () => (isUnderWay(status.value()) ? LOOK_EVERY_MS : undefined));
  const history = reads.rolloutHistory(service);
  return (
    <>
      <PageHead title={params.service} kind="Rollout">
        <p><A href="/rollouts">All rollouts</A></p>
      </PageHead>
      <Answered live={status}>
        {(found) => (
          <>
            <div class="verdict-line">
              <Badge word={found().phase ?? "live"} />
              <span>{found().rollout} <Show when={found().last}>{(last) => <time datetime={last().at}>{moment(last().at)}</time>}</Show></span>
              <Steering status={found()} onDone={() => { status.again(); history.again(); }} />
            </div>
            <Show when={found().desired}>{(desired) => <Versions status={found()} desired={desired()} />}</Show>
            <Show when={found().plan}>{(plan) => <Panel title="Stages"><Stages steps={plan().steps} state={found().state} /></Panel>}</Show>
            <Panel title="Both versions side by side"><SideBySide status={found()} history={history.value() ?? []} /></Panel>
          </>
        )}
      </Answered>
      <Answered live={history}>{(events) => <Panel title="Decision log"><DecisionLog events={events()} /></Panel>}</Answered>
    </>
  );
}

function Versions(props: { status: RolloutStatus; desired: Desired }) {
  const desired = () => props.desired;
  const roles = () => [["Live", desired().live], ["Candidate", desired().candidate], ["Previous", desired().previous]] as const;
  const recovery = () => props.status.recovery;
  const worst = () => {
    const found = recovery();
    return found?.detection_ms == null ? undefined : found.detection_ms + found.decision_ms + found.actuation_ms + found.verification_ms;
  };
  return (
    <Panel title="Wanted">
      <dl class="facts">
        <For each={roles().filter(([, version]) => version !== null)}>
          {([role, version]) => <div><dt>{role}</dt><dd><code title={version ?? ""}>{short(version ?? "")}</code></dd></div>}
        </For>
        <div><dt>Requests to the candidate</dt><dd>{share(desired().exposure.weight)}</dd></div>
        <Show when={desired().exposure.mirror > 0}><div><dt>Copied to it</dt><dd>{share(desired().exposure.mirror)}</dd></div></Show>
        <Show when={worst()}>{(ms) => <div><dt>Worst-case recovery</dt><dd>{length(ms())} <span class="faint">computed from the plan of {props.status.rollout}</span></dd></div>}</Show>
        <Show when={desired().blocked.length > 0}>
          <div>
            <dt>Blocked</dt>
            <dd><For each={desired().blocked}>{(blocked) => <span><code title={blocked.version}>{short(blocked.version)}</code> <span class="faint">by {blocked.rollout ?? "a person"}</span> </span>}</For></dd>
          </div>
        </Show>
      </dl>
    </Panel>
  );
}

/** What is measured now; when nothing runs, what the weightiest decision saw. */
function SideBySide(props: { status: RolloutStatus; history: readonly ServiceEvent[] }) {
  const recorded = createMemo(() =>
    props.history.findLast((event) => {
      const seen = seenIn(decidedIn(event.told)?.traffic);
      return event.rollout === props.status.rollout && (seen?.candidate.requests ?? 0) > 0 && (seen?.baseline.requests ?? 0) > 0;
    }),
  );
  const decided = () => {
    const event = recorded();
    return event && decidedIn(event.told);
  };
  return (
    <Show
      when={isUnderWay(props.status) && seenIn(props.status.traffic)}
      fallback={
        <Show when={seenIn(decided()?.traffic)} fallback={<NoData why="No requests of both versions were measured." command={`adjutant rollout status ${props.status.service} --watch`} />}>
          {(traffic) => (
            <>
              <Distribution traffic={traffic()} cited={`As decision #${recorded()?.number} saw it, ${moment(recorded()?.at ?? "")}.`} />
              <Metrics results={decided()?.results ?? []} plan={props.status.plan} />
            </>
          )}
        </Show>
      }
    >
      {(traffic) => (
        <>
          <Distribution traffic={traffic()} cited={`Live: the proxy's generation ${traffic().generation}, read ${moment(props.status.read_at)}.`} />
          <Metrics results={props.status.monitor ?? []} plan={props.status.plan} />
        </>
      )}
    </Show>
  );
}
