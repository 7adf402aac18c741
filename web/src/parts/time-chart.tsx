/** Values with their intervals over time. The table beside it says the same in numbers. */

import { onCleanup, onMount, createEffect } from "solid-js";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { amount } from "../words";

export interface ChartPoint {
  at: number;
  value: number;
  interval: [number, number] | null;
  /** Whether it lies outside what the values before it let expect. */
  changed?: boolean;
}

const HEIGHT = 220;

export function TimeChart(props: { label: string; unit?: string | null; points: readonly ChartPoint[] }) {
  let place!: HTMLDivElement;
  const color = (name: string) => getComputedStyle(place).getPropertyValue(name);
  const data = (): uPlot.AlignedData => {
    const points = props.points;
    return [
      points.map((point) => point.at / 1_000),
      points.map((point) => point.value),
      points.map((point) => point.interval?.[1] ?? null),
      points.map((point) => point.interval?.[0] ?? null),
      points.map((point) => (point.changed ? point.value : null)),
    ];
  };
  onMount(() => {
    const ink = () => color("--faint");
    const axis: uPlot.Axis = { stroke: ink, grid: { stroke: () => color("--line"), width: 1 }, ticks: { stroke: () => color("--line"), width: 1 } };
    const chart = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        series: [
          {},
          { label: props.label, stroke: () => color("--accent"), width: 2, points: { show: true, size: 6 } },
          { stroke: () => color("--accent"), width: 0.5, points: { show: false } },
          { stroke: () => color("--accent"), width: 0.5, points: { show: false } },
          { stroke: () => color("--open"), width: 0, paths: () => null, points: { show: true, size: 12, width: 2 } },
        ],
        bands: [{ series: [2, 3], fill: () => color("--accent-wash") }],
        axes: [axis, { ...axis, size: 78, values: (_chart, values) => values.map((value) => amount(value, props.unit)) }],
      },
      data(),
      place,
    );
    createEffect(() => chart.setData(data()));
    const watch = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT }));
    watch.observe(place);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => chart.redraw();
    dark.addEventListener("change", redraw);
    onCleanup(() => {
      watch.disconnect();
      dark.removeEventListener("change", redraw);
      chart.destroy();
    });
  });
  return <div class="chart" ref={place} role="img" aria-label={`${props.label} over time; the table below says the same in numbers`} />;
}
