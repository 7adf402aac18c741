/** A report as it is written, verified on demand, to be downloaded. */

import { A, useParams } from "@solidjs/router";
import { createEffect, createSignal, For, Show } from "solid-js";
import { address, Problem, readText, send } from "../api";
import { createLive } from "../live";
import { Answered, Told } from "../parts/answered";
import { Badge } from "../parts/badge";
import { PageHead } from "../parts/panel";
import type { Verification } from "../shapes";

const FORMATS = [
  { name: "Markdown", path: "markdown", file: "deployment.md" },
  { name: "HTML", path: "html", file: "deployment.html" },
  { name: "JSON", path: "json", file: "deployment.json" },
  { name: "Innovation report", path: "innovation", file: "innovation_report.md" },
];

export function ReportPage() {
  const params = useParams<{ record: string }>();
  const page = createLive<{ html: string }>([], async () => ({ html: await readText(`/reports/${params.record}/html`) }));
  return (
    <>
      <PageHead title="Deployment report" kind="Report">
        <p><A href="/reports">All reports</A></p>
      </PageHead>
      <div class="verdict-line">
        <Verified record={params.record} />
        <span class="orders">
          <For each={FORMATS}>{(format) => <a class="button" href={address(`/reports/${params.record}/${format.path}`)} target="_self" download={format.file}>{format.name}</a>}</For>
        </span>
      </div>
      <Answered live={page}>{(found) => <Rendered html={found().html} />}</Answered>
    </>
  );
}

function Verified(props: { record: string }) {
  const [verification, setVerification] = createSignal<Verification>();
  const [problem, setProblem] = createSignal<Problem>();
  const [busy, setBusy] = createSignal(false);
  const verify = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const report = await readText(`/reports/${props.record}/markdown`);
      setVerification(await send<Verification>("/reports/verify", { report }));
    } catch (cause) {
      setProblem(cause instanceof Problem ? cause : new Problem(0, String(cause), "Reload the page."));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div role="status">
      <Show when={verification()} fallback={<button type="button" disabled={busy()} onClick={() => void verify()}>{busy() ? "Verifying …" : "Verify every digit"}</button>}>
        {(found) => (
          <>
            <Badge word={found().holds ? "Verified" : "Does not hold"} tone={found().holds ? "good" : "bad"} />{" "}
            <span class="faint">{found().artifacts ?? 0} artifacts reopened, every digit recomputed</span>
            <ul><For each={found().problems}>{(problem) => <li>{problem}</li>}</For></ul>
          </>
        )}
      </Show>
      <Show when={problem()}>{(found) => <Told problem={found()} />}</Show>
    </div>
  );
}

/** What a report may not bring along: it is shown, not run. */
const ACTIVE = "script, iframe, object, embed, link, meta, base, form, style";

const STYLE = /<style>([^]*?)<\/style>/g;

/**
 * Shows the page that the report is, in a tree of its own: its style neither leaks out nor is it
 * written into the page, which the policy forbids.
 */
function Rendered(props: { html: string }) {
  let place!: HTMLDivElement;
  createEffect(() => {
    const rules: string[] = [];
    // A parsed page has the policy of this one: its style may not even stand in it.
    const html = props.html.replaceAll(STYLE, (_whole, text: string) => {
      rules.push(text.replaceAll(":root", ":host").replaceAll(/\bbody\b/g, ".report-body"));
      return "";
    });
    const page = new DOMParser().parseFromString(html, "text/html");
    const style = new CSSStyleSheet();
    style.replaceSync(rules.join("\n"));
    for (const element of page.querySelectorAll(ACTIVE)) element.remove();
    const body = document.createElement("div");
    body.className = "report-body";
    body.append(...document.adoptNode(page.body).childNodes);
    const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style];
    root.replaceChildren(body);
  });
  return <div class="report" ref={place} />;
}
