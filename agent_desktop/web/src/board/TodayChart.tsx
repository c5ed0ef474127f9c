/** Calls and service level by quarter of an hour. */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import type { Schemas } from "../api/client";
import { hourMinute } from "../shared/format";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

/** The board's own variables, so that the chart has the colours of the tables. */
const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function option(quarters: Schemas["QuarterHour"][]) {
  const muted = colour("--muted");
  const line = colour("--line");
  return {
    animation: false,
    grid: { top: 28, right: 44, bottom: 22, left: 40 },
    tooltip: { trigger: "axis" },
    legend: { top: 0, right: 0, textStyle: { color: muted }, itemHeight: 8 },
    xAxis: {
      type: "category",
      data: quarters.map(({ at }) => hourMinute(at)),
      axisLabel: { color: muted },
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
    },
    yAxis: [
      { type: "value", minInterval: 1, axisLabel: { color: muted }, splitLine: { lineStyle: { color: line } } },
      {
        type: "value",
        min: 0,
        max: 100,
        axisLabel: { color: muted, formatter: "{value}%" },
        splitLine: { show: false },
      },
    ],
    series: [
      {
        name: "来电",
        type: "bar",
        barMaxWidth: 18,
        itemStyle: { color: "#2ba8a0", borderRadius: [3, 3, 0, 0] },
        data: quarters.map(({ calls }) => calls),
      },
      {
        name: "接通率",
        type: "line",
        yAxisIndex: 1,
        symbolSize: 5,
        connectNulls: true,
        itemStyle: { color: "#f5c542" },
        data: quarters.map(({ service_level_percent }) => service_level_percent),
      },
    ],
  };
}

export function TodayChart({ quarters }: { quarters: Schemas["QuarterHour"][] }) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init> | null>(null);

  useEffect(() => {
    if (!element.current) return;
    const made = init(element.current);
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => chart.current?.setOption(option(quarters)), [quarters]);

  return (
    <section className="card chart-card" aria-label="今日来电与接通率">
      <h2>今日来电与接通率</h2>
      <div ref={element} className="chart" />
    </section>
  );
}
