/** What waits for what: drawn from left to right, in the order in which it can be done. */

import { graphlib, layout } from "@dagrejs/dagre";
import { A } from "@solidjs/router";
import { createMemo, For, Show } from "solid-js";
import * as reads from "../reads";
import type { Task, TaskLink } from "../shapes";
import { Answered } from "./answered";
import { taskHref } from "./board";

const BOX = { width: 210, height: 56 };
const MARGIN = 12;

interface Placed {
  task: Task;
  x: number;
  y: number;
}

function draw(tasks: readonly Task[], links: readonly TaskLink[]) {
  const known = new Map(tasks.map((task) => [task.id, task]));
  const waits = links.filter((link) => link.kind === "blocked-by" && known.has(link.task) && known.has(link.target));
  const linked = new Set(waits.flatMap((link) => [link.task, link.target]));
  const drawing = new graphlib.Graph();
  drawing.setGraph({ rankdir: "LR", nodesep: 16, ranksep: 56, marginx: MARGIN, marginy: MARGIN });
  drawing.setDefaultEdgeLabel(() => ({}));
  for (const id of linked) drawing.setNode(id, { ...BOX });
  for (const { task, target } of waits) drawing.setEdge(target, task);
  layout(drawing);
  const boxes = [...linked].flatMap((id): Placed[] => {
    const [task, at] = [known.get(id), drawing.node(id)];
    return task ? [{ task, x: at.x, y: at.y }] : [];
  });
  const edges = drawing.edges().map((edge) => drawing.edge(edge).points as { x: number; y: number }[]);
  const { width = 0, height = 0 } = drawing.graph();
  return { boxes, edges, width, height, apart: tasks.length - linked.size };
}

const curve = (points: { x: number; y: number }[]): string =>
  points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

export function Graph(props: { tasks: readonly Task[] }) {
  const links = reads.taskLinks();
  return (
    <Answered live={links}>
      {(found) => {
        const drawn = createMemo(() => draw(props.tasks, found()));
        return (
          <>
            <Show when={drawn().boxes.length > 0} fallback={<p class="calm">No task waits for another.</p>}>
              <div class="graph" tabindex="0" role="region" aria-label="Which task waits for which">
                <svg aria-hidden="true" width={drawn().width} height={drawn().height} viewBox={`0 0 ${drawn().width} ${drawn().height}`}>
                  <defs>
                    <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                      <path d="M0 0 8 4 0 8z" />
                    </marker>
                  </defs>
                  <For each={drawn().edges}>{(points) => <path class="edge" d={curve(points)} marker-end="url(#arrow)" />}</For>
                </svg>
                <For each={drawn().boxes}>
                  {({ task, x, y }) => (
                    <A
                      class={`box ${task.state}`}
                      classList={{ ready: task.ready }}
                      style={{ left: `${x - BOX.width / 2}px`, top: `${y - BOX.height / 2}px`, width: `${BOX.width}px`, height: `${BOX.height}px` }}
                      href={taskHref("graph", task.id)}
                      noScroll
                    >
                      <span class="id">{task.id} · {task.ready ? "ready" : (task.owner ?? task.state)}</span>
                      <span class="title">{task.intake.title}</span>
                    </A>
                  )}
                </For>
              </div>
            </Show>
            <Show when={drawn().apart > 0}><p class="faint">{drawn().apart === 1 ? "1 task waits for nothing and holds up nothing." : `${drawn().apart} tasks wait for nothing and hold up nothing.`}</p></Show>
          </>
        );
      }}
    </Answered>
  );
}
