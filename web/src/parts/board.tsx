/** Tasks by where they stand. */

import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { Task } from "../shapes";

const COLUMNS: { name: string; holds: (task: Task) => boolean }[] = [
  { name: "Draft", holds: (task) => task.state === "draft" },
  { name: "Blocked", holds: (task) => task.state === "open" && !task.ready },
  { name: "Ready", holds: (task) => task.ready },
  { name: "In work", holds: (task) => task.state === "leased" },
  { name: "Proven", holds: (task) => task.state === "proven" },
  { name: "Done", holds: (task) => task.state === "done" },
  { name: "Put aside", holds: (task) => task.state === "quarantined" || task.state === "dropped" },
];

/** More cards of a column than this say nothing to anybody. */
const CARDS_MAX = 50;

export const taskHref = (view: string, task: string): string => `/work?view=${view}&task=${task}`;

export function Board(props: { tasks: readonly Task[] }) {
  return (
    <div class="board">
      <For each={COLUMNS}>
        {(column) => {
          const found = () => props.tasks.filter(column.holds);
          return (
            <section aria-label={column.name} classList={{ empty: found().length === 0 }}>
              <h2>{column.name} <span class="total">{found().length}</span></h2>
              <ul>
                <For each={found().slice(0, CARDS_MAX)}>{(task) => <li><Card task={task} /></li>}</For>
              </ul>
              <Show when={found().length > CARDS_MAX}>
                <p class="faint">and {found().length - CARDS_MAX} more: adjutant task list</p>
              </Show>
            </section>
          );
        }}
      </For>
    </div>
  );
}

function Card(props: { task: Task }) {
  const intake = () => props.task.intake;
  return (
    <A class="card" classList={{ high: intake().priority === "HIGH" }} href={taskHref("board", props.task.id)} noScroll>
      <span class="id">{props.task.id}</span>
      <strong>{intake().title}</strong>
      <span class="marks">
        <Show when={intake().priority}>{(priority) => <span>{priority()}</span>}</Show>
        <Show when={intake().timebox}>{(timebox) => <span>{timebox()}</span>}</Show>
        <Show when={intake().role}>{(role) => <span>{role()}</span>}</Show>
        <Show when={props.task.owner}>{(owner) => <span class="owner">{owner()}</span>}</Show>
        <Show when={props.task.open_blockers > 0}><span>waits for {props.task.open_blockers}</span></Show>
        <Show when={props.task.unblocks > 0}><span>holds up {props.task.unblocks}</span></Show>
      </span>
    </A>
  );
}
