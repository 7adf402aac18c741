/** The conflict radar: every work tree against every other, merged in memory. */

import { For, Show } from "solid-js";
import * as reads from "../reads";
import type { Conflicts, Side } from "../shapes";
import { spaced } from "../words";
import { Answered } from "./answered";
import { Badge } from "./badge";
import { NoData } from "./no-data";
import { Grid, Panel } from "./panel";

const named = (side: Side): string => [side.name, side.task, side.agent].filter(Boolean).join(" · ");

function conflictsOf(found: Conflicts, one: Side, other: Side) {
  return found.conflicts.filter(
    ({ ours, theirs }) => (ours.path === one.path && theirs.path === other.path) || (ours.path === other.path && theirs.path === one.path),
  );
}

export function Radar() {
  const conflicts = reads.conflicts();
  return (
    <Answered
      live={conflicts}
      isEmpty={(found) => found.work_trees.length < 2 && found.overlaps.length === 0}
      nothing={<NoData why="There is one work tree, and no second one that it could conflict with." command="git worktree add -b TASK ../TASK" />}
    >
      {(found) => (
        <>
          <Panel title="Work trees against each other">
            <Grid label="Conflicting files of each pair of work trees">
              <thead>
                <tr>
                  <th scope="col">Work tree</th>
                  <For each={found().work_trees}>{(tree) => <th scope="col">{tree.name}</th>}</For>
                </tr>
              </thead>
              <tbody>
                <For each={found().work_trees}>
                  {(row) => (
                    <tr>
                      <th scope="row">{named(row)}</th>
                      <For each={found().work_trees}>
                        {(column) => {
                          const files = () => conflictsOf(found(), row, column);
                          return (
                            <td classList={{ hit: files().length > 0, self: row.path === column.path }} title={files().map((file) => file.path).join("\n")}>
                              <Show when={row.path !== column.path} fallback={<span class="faint">{row.not_looked_at ? spaced(row.not_looked_at.because) : `${row.touched ?? 0} changed`}</span>}>
                                {files().length > 0 ? `${files().length} files` : <span class="faint">clear</span>}
                              </Show>
                            </td>
                          );
                        }}
                      </For>
                    </tr>
                  )}
                </For>
              </tbody>
            </Grid>
            <p class="faint">{found().pairs_merged} pairs were merged in memory, {found().pairs_apart} touch nothing in common.</p>
          </Panel>
          <Show when={found().conflicts.length > 0}>
            <Panel title="Conflicting files">
              <ul class="lines">
                <For each={found().conflicts}>
                  {(file) => (
                    <li>
                      <span><code>{file.path}</code> <span class="faint">{file.said.join(" ")}</span></span>
                      <span>{named(file.ours)} and {named(file.theirs)}</span>
                    </li>
                  )}
                </For>
              </ul>
            </Panel>
          </Show>
          <Show when={found().overlaps.length > 0}>
            <Panel title="Declared on the same files">
              <ul class="lines">
                <For each={found().overlaps}>
                  {({ held, other }) => <li><span>{held.task} and {other.task}</span><code>{held.path}</code></li>}
                </For>
              </ul>
            </Panel>
          </Show>
          <Show when={found().order.length > 1}>
            <Panel title="Merge in this order">
              <ol class="lines numbered">
                <For each={found().order}>{(step) => <li><span>{step.name}</span><Badge word={spaced(step.because.reason)} tone="plain" /></li>}</For>
              </ol>
            </Panel>
          </Show>
        </>
      )}
    </Answered>
  );
}
