/** What was asked for, as soon as it is here; else why there is nothing, and what to do. */

import { Match, Show, Switch, type Accessor, type JSX } from "solid-js";
import { Problem } from "../api";
import type { Live } from "../live";
import { NoData } from "./no-data";

interface AnsweredProps<T> {
  live: Live<T>;
  /** Whether it holds nothing to show. */
  isEmpty?: (value: T) => boolean;
  /** What is shown then. */
  nothing?: JSX.Element;
  children: (value: Accessor<T>) => JSX.Element;
}

export function Answered<T>(props: AnsweredProps<T>) {
  return (
    <Switch fallback={<p class="waiting" role="status">Reading …</p>}>
      <Match when={props.live.problem()}>{(problem) => <Told problem={problem()} />}</Match>
      <Match when={props.live.value() as T}>
        {(value) => (
          <Show when={!props.isEmpty?.(value())} fallback={props.nothing}>
            {props.children(value as Accessor<T>)}
          </Show>
        )}
      </Match>
    </Switch>
  );
}

/** A problem. One that says that there is no data is an answer, not a failure. */
export function Told(props: { problem: Problem }) {
  const missing = () => /^NO DATA AVAILABLE:? ?/.exec(props.problem.detail)?.[0];
  return (
    <Show
      when={missing()}
      fallback={
        <div class="problem" role="alert">
          <p>{props.problem.detail}</p>
          <p class="faint">{props.problem.status === 401 ? "Make a link that opens the dashboard: adjutant token link" : props.problem.hint}</p>
        </div>
      }
    >
      {(words) => <NoData why={props.problem.detail.slice(words().length)} command={props.problem.hint} />}
    </Show>
  );
}
