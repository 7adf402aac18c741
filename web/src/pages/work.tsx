/** Work: every task where it stands, what waits for what, and who is in whose way. */

import { Tabs } from "@kobalte/core/tabs";
import { useSearchParams } from "@solidjs/router";
import { lazy, Show, Suspense } from "solid-js";
import { Answered } from "../parts/answered";
import { Board } from "../parts/board";
import { NoData } from "../parts/no-data";
import { PageHead } from "../parts/panel";
import { TaskDialog } from "../parts/task-dialog";
import * as reads from "../reads";

const Graph = lazy(async () => ({ default: (await import("../parts/graph")).Graph }));
const Radar = lazy(async () => ({ default: (await import("../parts/radar")).Radar }));

const VIEWS = ["board", "graph", "conflicts"] as const;
const NAMES = { board: "Board", graph: "Dependencies", conflicts: "Conflict radar" };

export function Work() {
  const [query, setQuery] = useSearchParams<{ view?: string; task?: string }>();
  const tasks = reads.tasks();
  const view = () => VIEWS.find((view) => view === query.view) ?? "board";
  return (
    <>
      <PageHead title="Work" />
      <Answered
        live={tasks}
        isEmpty={(found) => found.length === 0}
        nothing={<NoData why="Nobody has filed a task." command="adjutant task add --from FILE" />}
      >
        {(found) => (
          <Tabs value={view()} onChange={(view) => setQuery({ view })}>
            <Tabs.List class="tabs" aria-label="Views of the work">
              {VIEWS.map((view) => <Tabs.Trigger value={view}>{NAMES[view]}</Tabs.Trigger>)}
            </Tabs.List>
            <Suspense fallback={<p class="waiting" role="status">Reading …</p>}>
              <Tabs.Content value="board"><Board tasks={found()} /></Tabs.Content>
              <Tabs.Content value="graph"><Graph tasks={found()} /></Tabs.Content>
              <Tabs.Content value="conflicts"><Radar /></Tabs.Content>
            </Suspense>
          </Tabs>
        )}
      </Answered>
      <Show when={query.task}>
        {(task) => <TaskDialog task={task()} onClose={() => setQuery({ task: undefined })} />}
      </Show>
    </>
  );
}
