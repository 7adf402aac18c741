/** The frame around every page: where one can go, and whether what is shown is live. */

import { A, Route, Router, useLocation, type RouteSectionProps } from "@solidjs/router";
import { createEffect, ErrorBoundary, For, lazy, on, Suspense } from "solid-js";
import { connected } from "./live";
import { Today } from "./pages/today";

const Work = lazy(async () => ({ default: (await import("./pages/work")).Work }));
const Gates = lazy(async () => ({ default: (await import("./pages/gates")).Gates }));
const GatePage = lazy(async () => ({ default: (await import("./pages/gate")).GatePage }));
const Rollouts = lazy(async () => ({ default: (await import("./pages/rollouts")).Rollouts }));
const RolloutPage = lazy(async () => ({ default: (await import("./pages/rollout")).RolloutPage }));
const Incidents = lazy(async () => ({ default: (await import("./pages/incidents")).Incidents }));
const IncidentPage = lazy(async () => ({ default: (await import("./pages/incidents")).IncidentPage }));
const Evidence = lazy(async () => ({ default: (await import("./pages/evidence")).Evidence }));
const ArtifactPage = lazy(async () => ({ default: (await import("./pages/artifact")).ArtifactPage }));
const Reports = lazy(async () => ({ default: (await import("./pages/reports")).Reports }));
const ReportPage = lazy(async () => ({ default: (await import("./pages/report")).ReportPage }));

const PAGES = [
  { path: "/", name: "Today" },
  { path: "/work", name: "Work" },
  { path: "/gates", name: "Gates" },
  { path: "/rollouts", name: "Rollouts" },
  { path: "/incidents", name: "Incidents" },
  { path: "/evidence", name: "Evidence" },
  { path: "/reports", name: "Reports" },
];

function Frame(props: RouteSectionProps) {
  const location = useLocation();
  let main!: HTMLElement;
  const named = () => PAGES.findLast((page) => location.pathname.startsWith(page.path))?.name ?? "Adjutant";
  createEffect(() => {
    document.title = `${named()} · Adjutant`;
  });
  // Who goes to another page with the keyboard goes on there, not in the list of pages.
  createEffect(on(() => location.pathname, () => main.focus({ preventScroll: true }), { defer: true }));
  return (
    <>
      <a class="skip" href="#main" target="_self">To the page</a>
      <aside>
        <A class="brand" href="/" end>
          <img src="/mark.svg" alt="" width="26" height="26" />
          <span>Adjutant</span>
        </A>
        <nav aria-label="Pages">
          <ul>
            <For each={PAGES}>
              {(page) => (
                <li>
                  <A href={page.path} end={page.path === "/"}>{page.name}</A>
                </li>
              )}
            </For>
          </ul>
        </nav>
        <p class="live" classList={{ lost: !connected() }} role="status">
          {connected() ? "Live" : "Not connected"}
        </p>
      </aside>
      <main id="main" tabindex="-1" ref={main}>
        <ErrorBoundary
          fallback={(error: unknown) => (
            <div class="problem" role="alert">
              <p>This page failed: {String(error)}</p>
              <p class="faint">Reload it.</p>
            </div>
          )}
        >
          <Suspense fallback={<p class="waiting" role="status">Reading …</p>}>{props.children}</Suspense>
        </ErrorBoundary>
      </main>
    </>
  );
}

function Nowhere() {
  return (
    <div class="problem" role="alert">
      <p>There is no such page.</p>
      <p class="faint">Choose one of the list.</p>
    </div>
  );
}

export function App() {
  return (
    <Router root={Frame}>
      <Route path="/" component={Today} />
      <Route path="/work" component={Work} />
      <Route path="/gates" component={Gates} />
      <Route path="/gates/:gate" component={GatePage} />
      <Route path="/rollouts" component={Rollouts} />
      <Route path="/rollouts/:service" component={RolloutPage} />
      <Route path="/incidents" component={Incidents} />
      <Route path="/incidents/:incident" component={IncidentPage} />
      <Route path="/evidence" component={Evidence} />
      <Route path="/evidence/:digest" component={ArtifactPage} />
      <Route path="/reports" component={Reports} />
      <Route path="/reports/:record" component={ReportPage} />
      <Route path="*" component={Nowhere} />
    </Router>
  );
}
