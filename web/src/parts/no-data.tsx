/** Where there is no data, that is the answer: said as such, with the command that would get some. */

import { Show } from "solid-js";
import { Command } from "./command";

export function NoData(props: { why: string; command?: string | null }) {
  return (
    <div class="no-data">
      <strong>NO DATA AVAILABLE</strong>
      <p>{props.why}</p>
      <Show when={props.command}>{(command) => <Command text={command()} />}</Show>
    </div>
  );
}
