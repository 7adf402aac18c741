/** Evidence: what tools measured; and any citation, opened at its place. */

import { A, useNavigate } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { Problem, read } from "../api";
import { Answered, Told } from "../parts/answered";
import { placeHref } from "../parts/cite";
import { NoData } from "../parts/no-data";
import { Grid, PageHead } from "../parts/panel";
import * as reads from "../reads";
import type { EvidenceRecord } from "../shapes";
import { ago, moment, short } from "../words";

/** `run_8724 (profiling_report.json#/p95)`, also behind a value and an `@`. */
const CITATION = /(?:@\s*)?([\w.-]+)\s*\(([^()#]+)(#[^()]*)?\)/;

/** The piece of evidence that a citation names. */
async function find(citation: string): Promise<string> {
  const [, run, file, locator] = CITATION.exec(citation) ?? [];
  if (run === undefined || file === undefined) {
    throw new Problem(400, "This is no citation.", "Copy one out of a report: run_8724 (profiling_report.json#/p95)");
  }
  const found = await read<EvidenceRecord[]>(`/evidence/${encodeURIComponent(run)}`);
  const piece = found.find((evidence) => evidence.file === file.trim());
  if (piece === undefined) throw new Problem(404, `The run ${run} has no file ${file}.`, `adjutant evidence show ${run}`);
  return placeHref({ run, file: piece.file, sha256: piece.sha256, locator: locator ?? "" });
}

export function Evidence() {
  const navigate = useNavigate();
  const evidence = reads.evidence();
  const [citation, setCitation] = createSignal("");
  const [subject, setSubject] = createSignal("");
  const [problem, setProblem] = createSignal<Problem>();
  const open = async () => {
    setProblem(undefined);
    try {
      navigate(await find(citation()));
    } catch (cause) {
      setProblem(cause instanceof Problem ? cause : new Problem(0, String(cause), "Reload the page."));
    }
  };
  return (
    <>
      <PageHead title="Evidence" />
      <form class="panel open-citation" onSubmit={(event) => { event.preventDefault(); void open(); }}>
        <label>
          Open a citation at its place
          <input required placeholder="run_8724 (profiling_report.json#/p95)" value={citation()} onInput={(event) => setCitation(event.currentTarget.value)} spellcheck={false} autocomplete="off" />
        </label>
        <button type="submit">Open</button>
        <Show when={problem()}>{(found) => <Told problem={found()} />}</Show>
      </form>
      <Answered
        live={evidence}
        isEmpty={(found) => found.length === 0}
        nothing={<NoData why="Nothing was measured yet." command="adjutant evidence add SUBJECT=FILE" />}
      >
        {(found) => {
          const subjects = () => [...new Set(found().map((evidence) => evidence.subject))].toSorted();
          const shown = () => found().filter((evidence) => subject() === "" || evidence.subject === subject()).toReversed();
          return (
            <section class="panel">
              <label class="choice">
                Subject{" "}
                <select value={subject()} onChange={(event) => setSubject(event.currentTarget.value)}>
                  <option value="">all</option>
                  <For each={subjects()}>{(subject) => <option value={subject}>{subject}</option>}</For>
                </select>
              </label>
              <Grid label="Evidence, newest first">
                <thead><tr><th scope="col">Run</th><th scope="col">File</th><th scope="col">Subject</th><th scope="col">Format</th><th scope="col">Taken</th><th scope="col">SHA-256</th></tr></thead>
                <tbody>
                  <For each={shown()}>
                    {(evidence) => (
                      <tr>
                        <th scope="row">{evidence.run}</th>
                        <td><A href={placeHref({ run: evidence.run, file: evidence.file, sha256: evidence.sha256, locator: "" })}>{evidence.file}</A></td>
                        <td>{evidence.subject}</td>
                        <td>{evidence.format}</td>
                        <td class="nowrap"><time datetime={evidence.taken_at} title={moment(evidence.taken_at)}>{ago(evidence.taken_at)}</time></td>
                        <td><code title={evidence.sha256}>{short(evidence.sha256)}</code></td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </Grid>
            </section>
          );
        }}
      </Answered>
    </>
  );
}
