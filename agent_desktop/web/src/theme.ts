/** The look: Ant Design's tokens, light and dark. Colours of our own components are variables in `theme.css`. */
import { type ThemeConfig, theme } from "antd";

export type Mode = "light" | "dark";

const shared: NonNullable<ThemeConfig["token"]> = {
  fontFamily: '"PingFang SC", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif',
  fontSize: 13,
  borderRadius: 6,
  controlHeight: 28,
  motionDurationMid: "0.1s",
  motionDurationSlow: "0.15s",
};

const components: NonNullable<ThemeConfig["components"]> = {
  Table: { cellPaddingBlockSM: 5, cellPaddingInlineSM: 6, headerBg: "transparent", headerSplitColor: "transparent" },
  Tabs: { horizontalItemPadding: "6px 0", horizontalMargin: "0 0 8px 0", horizontalItemGutter: 20, titleFontSize: 13 },
  Form: { itemMarginBottom: 0, verticalLabelPadding: "0 0 2px" },
};

export const themes: Record<Mode, ThemeConfig> = {
  light: {
    algorithm: theme.defaultAlgorithm,
    token: {
      ...shared,
      colorPrimary: "#00706b",
      colorLink: "#00706b",
      colorError: "#d92d20",
      colorTextPlaceholder: "#7a8494",
    },
    components,
  },
  dark: {
    algorithm: theme.darkAlgorithm,
    token: {
      ...shared,
      colorPrimary: "#12857f",
      colorLink: "#4fd1c5",
      colorError: "#e5484d",
      colorBgContainer: "#14222d",
      colorBgElevated: "#1b2c39",
      colorBorder: "#34495a",
      colorTextPlaceholder: "#8b9bab",
    },
    components: { ...components, Tabs: { ...components.Tabs, itemSelectedColor: "#4fd1c5", inkBarColor: "#4fd1c5" } },
  },
};

const STORAGE_KEY = "hotline.mode";

export function preferredMode(): Mode {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (stored === "light" || stored === "dark") return stored;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function rememberMode(mode: Mode): void {
  localStorage.setItem(STORAGE_KEY, mode);
}
