/** Today: what needs a human now, who works on what, and whether the whole effort goes where it should. */

import { A } from "@solidjs/router";
import { createMemo, For, Show } from "solid-js";
import { Answered } from "../parts/answered";
import { Badge } from "../parts/badge";
import { Number } from "../parts/cite";
import { Command } from "../parts/command";
import { NoData } from "../parts/no-data";
import { Grid, PageHead, Panel } from "../parts/panel";
import { Objectives } from "../parts/objectives";
import { recent } from "../live";
import * as reads from "../reads";
import type { Task } from "../shapes";
import { latestOfGates, needs } from "../today";
import { ago, length, moment, spaced } from "../words";

/** The tasks that hold up others most are enough to act on. */
const BLOCKERS_SHOWN = 6;

export function Today() {
  const tasks = reads.tasks();
  const held = reads.heldTasks();
  const decisions = reads.decisions();
  const services = reads.services();
  const rollouts = reads.rolloutsUnderWay();
  const standings = reads.standings();
  const northStars = reads.northStars();
  const all = [tasks, held, decisions, services, rollouts, standings, northStars];
  const isRead = () => all.every((live) => live.value() !== undefined || live.problem() !== undefined);
  const unread = () => all.map((live) => live.problem()).find((problem) => problem !== undefined);
  const needed = createMemo(() =>
    needs({
      tasks: tasks.value() ?? [],
      held: held.value() ?? [],
      decisions: decisions.value() ?? [],
      services: services.value() ?? [],
      rollouts: rollouts.value() ?? [],
      standings: standings.value() ?? [],
      northStars: northStars.value() ?? [],
    }),
  );
  const blockers = (found: readonly Task[]) =>
    found
      .filter((task) => task.unblocks > 0 && !["done", "dropped"].includes(task.state))
      .toSorted((a, b) => b.unblocks - a.unblocks)
      .slice(0, BLOCKERS_SHOWN);

  return (
    <>
      <PageHead title="Today" kind={new Intl.DateTimeFormat("en", { dateStyle: "full" }).format(new Date())} />
      <Panel title="Needs a human" class="needs" beside={<Show when={isRead()}><span class="total">{needed().length}</span></Show>}>
        <Show when={isRead()} fallback={<p class="waiting" role="status">Reading …</p>}>
          <Show when={unread()}>
            {(problem) => <p class="problem" role="alert">Not everything could be read: {problem().detail}</p>}
          </Show>
          <Show when={needed().length > 0} fallback={<p class="calm">Nothing. Agents work, gates are decided, and nobody waits for you.</p>}>
            <ul class="need-list">
              <For each={needed()}>
                {(need) => (
                  <li class={need.tone}>
                    <div>
                      <A href={need.href}>{need.what}</A>
                      <p>{need.why}</p>
                    </div>
                    <Command text={need.command} />
                  </li>
                )}
              </For>
            </ul>
          </Show>
        </Show>
      </Panel>

      <div class="columns">
        <Panel title="Agents at work" beside={<A href="/work">All work</A>}>
          <Answered
            live={held}
            isEmpty={(found) => found.length === 0}
            nothing={<NoData why="No agent holds a task." command="adjutant task claim --agent NAME" />}
          >
            {(found) => (
              <Grid label="Agents and their leases">
                <thead>
                  <tr><th scope="col">Agent</th><th scope="col">Task</th><th scope="col">Lease left</th></tr>
                </thead>
                <tbody>
                  <For each={found()}>
                    {(task) => (
                      <tr>
                        <th scope="row">{task.owner}</th>
                        <td><A href={`/work?task=${task.id}`}>{task.id}</A> {task.intake.title}</td>
                        <td class="nowrap">
                          <Show when={(task.lease_seconds_left ?? 0) > 0} fallback={<Badge word="ran out" tone="open" />}>
                            {length((task.lease_seconds_left ?? 0) * 1_000)} <span class="faint">epoch {task.epoch}</span>
                          </Show>
                        </td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </Grid>
            )}
          </Answered>
        </Panel>

        <Panel title="Blockers">
          <Answered
            live={tasks}
            isEmpty={(found) => blockers(found).length === 0}
            nothing={<p class="calm">No task holds up another.</p>}
          >
            {(found) => (
              <ul class="lines">
                <For each={blockers(found())}>
                  {(task) => (
                    <li>
                      <span><A href={`/work?task=${task.id}`}>{task.id}</A> {task.intake.title}</span>
                      <span class="nowrap"><Badge word={task.owner ?? task.state} tone="plain" /> holds up {task.unblocks}</span>
                    </li>
                  )}
                </For>
              </ul>
            )}
          </Answered>
        </Panel>
      </div>

      <div class="columns">
        <Panel title="North stars">
          <div id="north-stars" />
          <Answered
            live={northStars}
            isEmpty={(found) => found.length === 0}
            nothing={<NoData why="No north-star gate is set in adjutant.toml." command="adjutant north-star observe" />}
          >
            {(found) => (
              <ul class="lines">
                <For each={found()}>
                  {(star) => (
                    <li>
                      <span><strong>{star.gate}</strong> <span class="faint">{star.title}</span> <Show when={star.value}>{(value) => <Number of={value()} />}</Show></span>
                      <span class="nowrap"><Badge word={spaced(star.standing)} tone={star.standing === "met" ? "good" : star.standing === "missed" ? "bad" : "open"} /> {star.week}</span>
                    </li>
                  )}
                </For>
              </ul>
            )}
          </Answered>
        </Panel>
        <Panel title="Error budgets">
          <div id="objectives" />
          <Answered
            live={standings}
            isEmpty={(found) => found.length === 0}
            nothing={<NoData why="No service promises anything yet." command="adjutant objective list" />}
          >
            {(found) => <Objectives standings={found()} />}
          </Answered>
        </Panel>
      </div>

      <div class="columns">
        <Panel title="Last verdicts" beside={<A href="/gates">All gates</A>}>
          <Answered
            live={decisions}
            isEmpty={(found) => found.length === 0}
            nothing={<NoData why="No gate has decided yet." command="adjutant gate release --evidence baseline=FILE --evidence candidate=FILE" />}
          >
            {(found) => (
              <ul class="lines">
                <For each={latestOfGates(found())}>
                  {(decision) => (
                    <li>
                      <A href={`/gates/${decision.gate}?record=${decision.record}`}>{decision.gate}</A>
                      <span class="nowrap"><Badge word={decision.verdict} /> <time datetime={decision.decided_at} title={moment(decision.decided_at)}>{ago(decision.decided_at)}</time></span>
                    </li>
                  )}
                </For>
              </ul>
            )}
          </Answered>
        </Panel>
        <Panel title="Rollouts" beside={<A href="/rollouts">All rollouts</A>}>
          <Answered
            live={services}
            isEmpty={(found) => found.length === 0}
            nothing={<NoData why="Nothing was ever rolled out." command="adjutant rollout start SERVICE --artifact FILE" />}
          >
            {(found) => (
              <ul class="lines">
                <For each={found()}>
                  {(service) => (
                    <li>
                      <span><A href={`/rollouts/${service.service}`}>{service.service}</A> <span class="faint">{service.rollout}</span></span>
                      <span class="nowrap"><Badge word={service.phase ?? "live"} /> <time datetime={service.at} title={moment(service.at)}>{ago(service.at)}</time></span>
                    </li>
                  )}
                </For>
              </ul>
            )}
          </Answered>
        </Panel>
      </div>

      <Show when={recent().length > 0}>
        <Panel title="Since you are here">
          <ol class="lines">
            <For each={recent()}>
              {(entry) => (
                <li>
                  <span>{spaced(entry.kind.replace(".", " "))}</span>
                  <span class="faint nowrap">entry {entry.position}, <time datetime={entry.at}>{ago(entry.at)}</time></span>
                </li>
              )}
            </For>
          </ol>
        </Panel>
      </Show>
    </>
  );
}
