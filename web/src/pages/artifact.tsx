/** An artifact at the place that a number was read from, its digest computed again in this browser. */

import { A, useParams, useSearchParams } from "@solidjs/router";
import { createMemo, For, Show } from "solid-js";
import { address, readBytes } from "../api";
import { createLive } from "../live";
import { Answered } from "../parts/answered";
import { Badge } from "../parts/badge";
import { NoData } from "../parts/no-data";
import { PageHead, Panel } from "../parts/panel";
import { digestOf, excerpt, readable } from "../place";
import { bytes, count } from "../words";

interface Opened {
  size: number;
  /** `undefined` where no text can be shown. */
  text: string | undefined;
  digest: string;
}

async function open(digest: string): Promise<Opened> {
  const found = await readBytes(`/artifacts/${digest}`);
  return { size: found.length, text: readable(found), digest: await digestOf(found) };
}

export function ArtifactPage() {
  const params = useParams<{ digest: string }>();
  const [query] = useSearchParams<{ run?: string; file?: string; at?: string }>();
  const opened = createLive<Opened>([], () => open(params.digest));
  const title = () => query.file ?? params.digest;
  return (
    <>
      <PageHead title={title()} kind="Evidence">
        <p><A href="/evidence">All evidence</A></p>
      </PageHead>
      <Answered live={opened}>
        {(found) => (
          <>
            <div class="verdict-line">
              <Badge word={found().digest === params.digest ? "Digest holds" : "Digest differs"} tone={found().digest === params.digest ? "good" : "bad"} />
              <span class="faint">SHA-256 computed again here: <code>{found().digest}</code></span>
            </div>
            <dl class="facts panel">
              <Show when={query.run}><div><dt>Run</dt><dd>{query.run}</dd></div></Show>
              <div><dt>Place</dt><dd><code>{query.at || "the whole of it"}</code></dd></div>
              <div><dt>Size</dt><dd>{bytes(found().size)}</dd></div>
              <div><dt>Whole artifact</dt><dd><a href={address(`/artifacts/${params.digest}`)} target="_self" download={title()}>Download</a></dd></div>
            </dl>
            <Panel title={query.at ? `At ${query.at}` : "Beginning"}><AtPlace text={found().text} at={query.at ?? ""} /></Panel>
          </>
        )}
      </Answered>
    </>
  );
}

function AtPlace(props: { text: string | undefined; at: string }) {
  const shown = createMemo(() => (props.text === undefined ? undefined : excerpt(props.text, props.at)));
  return (
    <Show when={props.text !== undefined} fallback={<NoData why="The artifact is no text; download it to look inside." />}>
      <Show when={shown()} fallback={<NoData why={`The artifact holds nothing at ${props.at}.`} />}>
        {(found) => (
          <>
            <div class="excerpt" tabindex="0" role="region" aria-label="The artifact at its place">
              <table>
                <tbody>
                  <For each={found().lines}>
                    {(line) => (
                      <tr classList={{ meant: line.meant }}>
                        <td class="line-number">{line.number}</td>
                        <td><code>{line.text}</code></td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </table>
            </div>
            <p class="faint">{count(found().lines.length)} of {count(found().total)} lines</p>
          </>
        )}
      </Show>
    </Show>
  );
}
