/** A gate: a decision with every criterion's interval, what would change it, and how it came about. */

import { A, useParams, useSearchParams } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { read, type Problem } from "../api";
import { createLive } from "../live";
import { Answered, Told } from "../parts/answered";
import { Badge } from "../parts/badge";
import { Consensus, Risk } from "../parts/joint";
import { Criteria } from "../parts/criteria";
import { Command } from "../parts/command";
import { History } from "../parts/history";
import { NoData } from "../parts/no-data";
import { PageHead, Panel } from "../parts/panel";
import { SelfTested } from "../parts/self-tested";
import * as reads from "../reads";
import type { GateAnswer, SelfTest } from "../shapes";
import { ago, count, length, moment } from "../words";

export function GatePage() {
  const params = useParams<{ gate: string }>();
  const [query] = useSearchParams<{ record?: string }>();
  const decisions = reads.decisions(() => params.gate);
  const record = () => query.record ?? decisions.value()?.[0]?.record;
  const decision = reads.decision(record);
  return (
    <>
      <PageHead title={params.gate} kind="Gate">
        <p><A href="/gates">All gates</A></p>
      </PageHead>
      <Answered
        live={decisions}
        isEmpty={(found) => found.length === 0}
        nothing={<NoData why="This gate has not decided yet." command={`adjutant gate ${params.gate} --evidence baseline=FILE --evidence candidate=FILE`} />}
      >
        {(found) => (
          <>
            <Answered live={decision}>{(answer) => <Decided answer={answer()} record={record() ?? ""} isNewest={record() === found()[0]?.record} />}</Answered>
            <Panel title="History"><History decisions={found()} /></Panel>
          </>
        )}
      </Answered>
      <FalseAlarms gate={params.gate} />
    </>
  );
}

function Decided(props: { answer: GateAnswer; record: string; isNewest: boolean }) {
  const needed = () => props.answer.needed;
  return (
    <>
      <div class="verdict-line">
        <Badge word={props.answer.verdict} />
        <span><time datetime={props.answer.decided_at}>{moment(props.answer.decided_at)}</time>, {ago(props.answer.decided_at)}{props.isNewest ? "" : ", not the newest"}</span>
        <A href={`/reports/${props.record}`}>Report</A>
      </div>
      <Panel title="Why">
        <ul><For each={props.answer.reasons}>{(reason) => <li>{reason}</li>}</For></ul>
      </Panel>
      <Panel title="Criteria"><Criteria criteria={props.answer.criteria} /></Panel>
      <Panel title="What would change this">
        <Show
          when={needed().samples || needed().commands.length > 0}
          fallback={<p class="calm">Everything is decided: only another candidate or another policy would change it.</p>}
        >
          <Show when={needed().samples}>
            {(samples) => <p>{count(samples())} more samples an arm{needed().minutes ? `, about ${length((needed().minutes ?? 0) * 60_000)} at the rate of the evidence` : ""}, if the effect seen so far is the truth.</p>}
          </Show>
          <For each={needed().commands}>{(command) => <Command text={command} />}</For>
        </Show>
      </Panel>
      <Show when={props.answer.triggers.length > 0}>
        <Panel title="Rollback triggers">
          <ul class="lines">
            <For each={props.answer.triggers}>
              {(trigger) => (
                <li>
                  <span><strong>{trigger.id}</strong> {trigger.condition}. <span class="faint">{trigger.reason}</span></span>
                  <Badge word={trigger.fired === null ? "cannot tell" : trigger.fired ? "fires" : "quiet"} tone={trigger.fired === null ? "open" : trigger.fired ? "bad" : "good"} />
                </li>
              )}
            </For>
          </ul>
        </Panel>
      </Show>
      <Show when={props.answer.joint}>
        {(joint) => (
          <div class="columns">
            <Show when={joint().risk}>{(risk) => <Panel title="Risk"><Risk risk={risk()} /></Panel>}</Show>
            <Show when={joint().quorum}>{(quorum) => <Panel title="Team consensus"><Consensus quorum={quorum()} /></Panel>}</Show>
          </div>
        )}
      </Show>
    </>
  );
}

/** Enough to see a gate that cries wolf, and quick. */
const SEEDS = 100;

function FalseAlarms(props: { gate: string }) {
  const [asked, setAsked] = createSignal(false);
  const tested = createLive<SelfTest>([], () => (asked() ? read<SelfTest>(`/gates/${props.gate}/self-test`, { seeds: SEEDS }) : undefined));
  return (
    <Panel title="False alarms" beside={<Show when={!asked()}><button type="button" onClick={() => setAsked(true)}>Measure now</button></Show>}>
      <p class="faint">The gate is tried where the truth is known: how often it fails a candidate that is the same as the baseline, and finds one that is worse.</p>
      <Show
        when={asked()}
        fallback={<NoData why="It was not measured since this page was opened." command={`adjutant gate self-test ${props.gate}`} />}
      >
        <Show when={tested.value() ?? tested.problem()} fallback={<p class="waiting" role="status">Deciding {SEEDS} synthetic candidates for each criterion …</p>}>
          <Show when={tested.value()} fallback={<Told problem={tested.problem() as Problem} />}>{(found) => <SelfTested tested={found()} />}</Show>
        </Show>
      </Show>
    </Panel>
  );
}
