/** A task with everything about it. */

import { Dialog } from "@kobalte/core/dialog";
import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import * as reads from "../reads";
import type { Link, ShownTask } from "../shapes";
import { ago, length, moment, spaced } from "../words";
import { Answered } from "./answered";
import { Badge } from "./badge";
import { Command } from "./command";

export function TaskDialog(props: { task: string; onClose: () => void }) {
  const shown = reads.shownTask(() => props.task);
  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay class="overlay" />
        <Dialog.Content class="dialog">
          <header>
            <Dialog.Title>{props.task} {shown.value()?.intake.title}</Dialog.Title>
            <Dialog.CloseButton class="quiet" aria-label="Close">Close</Dialog.CloseButton>
          </header>
          <Answered live={shown}>{(task) => <Details task={task()} />}</Answered>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog>
  );
}

function Details(props: { task: ShownTask }) {
  const intake = () => props.task.intake;
  const lists = () =>
    [
      ["Done when", intake().success_criteria],
      ["Delivers", intake().deliverables],
      ["Not", intake().non_goals],
      ["Tested by", intake().test_hooks],
      ["Files", intake().paths],
    ] as const;
  return (
    <>
      <p class="marks">
        <Badge word={props.task.state} />
        <Show when={props.task.owner}>{(owner) => <span>held by {owner()}</span>}</Show>
        <Show when={props.task.lease_seconds_left !== undefined}>
          <span>
            {(props.task.lease_seconds_left ?? 0) > 0 ? `lease ends in ${length((props.task.lease_seconds_left ?? 0) * 1_000)}` : "lease ran out"}, epoch {props.task.epoch}
          </span>
        </Show>
        <Show when={props.task.merged}>{(commit) => <span>merged as <code>{commit().slice(0, 12)}</code></span>}</Show>
      </p>
      <Show when={props.task.reason}>{(reason) => <p class="problem">{reason()}</p>}</Show>
      <p>{intake().goal}</p>
      <Show when={intake().context}>{(context) => <p class="faint">{context()}</p>}</Show>
      <For each={lists().filter(([, items]) => items.length > 0)}>
        {([name, items]) => (
          <>
            <h3>{name}</h3>
            <ul><For each={items}>{(item) => <li>{item}</li>}</For></ul>
          </>
        )}
      </For>
      <Links name="Links" links={props.task.links} />
      <Links name="Linked from" links={props.task.links_to} />
      <Show when={props.task.attempts.length > 0}>
        <h3>Claims</h3>
        <ol class="lines">
          <For each={props.task.attempts}>
            {(attempt) => (
              <li>
                <span>{attempt.agent} <span class="faint">epoch {attempt.epoch}</span></span>
                <span class="nowrap">{spaced(attempt.result ?? "under way")} <time datetime={attempt.began_at} title={moment(attempt.began_at)}>{ago(attempt.began_at)}</time></span>
              </li>
            )}
          </For>
        </ol>
      </Show>
      <Show when={props.task.notes.length > 0}>
        <h3>Notes</h3>
        <For each={props.task.notes}>
          {(note) => <p><span class="faint">{note.agent ?? "a person"}, {moment(note.at)}:</span> {note.text}</p>}
        </For>
      </Show>
      <Command text={`adjutant task show ${props.task.id}`} />
    </>
  );
}

function Links(props: { name: string; links: readonly Link[] }) {
  return (
    <Show when={props.links.length > 0}>
      <h3>{props.name}</h3>
      <ul class="lines">
        <For each={props.links}>
          {(link) => <li><span>{spaced(link.kind)}</span><A href={`/work?task=${link.target}`}>{link.target}</A></li>}
        </For>
      </ul>
    </Show>
  );
}
