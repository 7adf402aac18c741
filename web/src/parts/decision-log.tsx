/** Everything that happened to a service, newest first; each decision with what it saw. */

import { A, useLocation } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { decidedIn } from "../rollout";
import type { ServiceEvent, Told } from "../shapes";
import { moment, share, spaced } from "../words";
import { Badge } from "./badge";
import { Distribution } from "./distribution";

const nameOf = (told: Told): string => (typeof told === "string" ? told : (Object.keys(told)[0] ?? "event"));

export function DecisionLog(props: { events: readonly ServiceEvent[] }) {
  return (
    <ol class="log">
      <For each={props.events.toReversed()}>{(event) => <Entry event={event} />}</For>
    </ol>
  );
}

function Entry(props: { event: ServiceEvent }) {
  const location = useLocation();
  const id = () => `event-${props.event.number}`;
  const [open, setOpen] = createSignal(location.hash === `#${id()}`);
  const decided = () => decidedIn(props.event.told);
  const name = () => decided()?.action ?? spaced(nameOf(props.event.told));
  /** Without the action, which stands before it. */
  const words = () => props.event.words?.replace(/^[A-Z_ ]+: /, "");
  const traffic = () => {
    const source = decided()?.traffic;
    return typeof source === "object" && "seen" in source ? source.seen : undefined;
  };
  return (
    <li id={id()}>
      <span class="when">
        <A class="cite" href={`#${id()}`} noScroll>#{props.event.number}</A> <time datetime={props.event.at}>{moment(props.event.at)}</time>
      </span>
      <div>
        <p>
          <Badge word={name()} /> {words()}{" "}
          <span class="faint">{props.event.rollout}, {share(props.event.desired.exposure.weight)} to the candidate</span>
        </p>
        <Show when={traffic()}>
          {(seen) => (
            <details open={open()} onToggle={(event) => setOpen(event.currentTarget.open)}>
              <summary>What it saw</summary>
              <Show when={open()}><Distribution traffic={seen()} cited={`Stored with decision #${props.event.number}.`} /></Show>
            </details>
          )}
        </Show>
      </div>
    </li>
  );
}
