/** A command to be run in a terminal, ready to be copied. */

import { createSignal, Show } from "solid-js";

/** How long it is said that something was copied. */
const SAID_MS = 2_000;

/** The command inside a sentence such as `Begin: adjutant rollout start search.` */
function commandIn(text: string): string | undefined {
  return /\b(?:adjutant|cargo) [^;]*?(?=\.?$|\.\s|;)/.exec(text)?.[0];
}

export function Command(props: { text: string }) {
  const [copied, setCopied] = createSignal(false);
  const copy = async (command: string) => {
    await navigator.clipboard.writeText(command);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  return (
    <Show when={commandIn(props.text)} fallback={<p class="faint">{props.text}</p>}>
      {(command) => (
        <div class="command">
          <code tabindex="0" role="group" aria-label="Command">{command()}</code>
          <button type="button" class="quiet" onClick={() => void copy(command())} aria-label={`Copy: ${command()}`}>
            {copied() ? "Copied" : "Copy"}
          </button>
        </div>
      )}
    </Show>
  );
}
