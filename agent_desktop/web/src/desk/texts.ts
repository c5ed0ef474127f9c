/** Words of the desk that do not come from the server. */
import type { Schemas } from "../api/client";
import type { CallEnd, Line, Microphone } from "../phone/softphone";

export const statusLabels: Record<Schemas["AgentStatus"], string> = {
  offline: "未签入",
  paused: "小休",
  ready: "就绪",
  ringing: "来电振铃",
  talking: "通话中",
  hold: "保持中",
  wrap_up: "话后处理",
};

export const pauseLabels: Record<string, string> = {
  login: "签入准备",
  ACW: "话后处理",
  rest: "小休",
  meal: "用餐",
  training: "培训",
  meeting: "会议",
  missed: "漏接示忙",
  phone_lost: "话机断线",
};

export const phaseLabels: Record<Schemas["CallPhase"], string> = {
  menu: "语音导航中",
  queued: "排队中",
  ringing: "来电振铃",
  talking: "通话中",
  hold: "保持中",
  message: "留言中",
  survey: "客户正在评价",
  ended: "通话已结束",
};

export const lineLabels: Record<Line, string> = {
  off: "话机未启用",
  connecting: "话机正在注册",
  registered: "话机已注册",
  lost: "话机断线，正在重连",
  refused: "话机注册被拒绝，请重新登录",
};

export const microphoneProblems: Record<Exclude<Microphone, "granted">, string> = {
  denied: "浏览器未允许使用麦克风，请在地址栏左侧允许后刷新页面",
  missing: "没有找到麦克风，请检查耳麦是否插好",
};

export const callEnds: Partial<Record<CallEnd, string>> = {
  microphone: "麦克风不可用，来电未能接起",
  failed: "话机没有接通这次来电",
  cancelled: "来电已被收回或客户已挂机",
};

export const urgencyLabels: Record<Schemas["Urgency"], { label: string; tone: string }> = {
  normal: { label: "一般", tone: "tone-grey" },
  important: { label: "重要", tone: "tone-warning" },
  urgent: { label: "紧急", tone: "tone-danger" },
};

export const customerKinds: Record<string, string> = { resident: "居民客户", business: "企业客户" };

/** SEC-22: what was checked, and what the customer may then ask for. */
export const verifications = [
  { level: 1, by: "phone_last4", label: "户号 + 预留手机后四位", allows: "可查账户" },
  { level: 1, by: "name_address", label: "户号 + 户名与地址", allows: "可查账户" },
  { level: 2, by: "registered_phone", label: "登记手机回拨或验证码", allows: "可办理变更" },
  { level: 2, by: "document", label: "证件核对", allows: "可办理变更" },
] as const;

export const verifiedLabels = ["未核验身份", "已核验，可查账户", "已核验，可办理变更"] as const;

/** Shortcuts as the help lists them. */
export const shortcutHelp: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "状态",
    [
      ["F1", "就绪；话后时完成并就绪"],
      ["F2", "小休，选择原因"],
      ["F3", "话后时延长"],
    ],
  ],
  [
    "电话",
    [
      ["Enter", "接听（振铃时）"],
      ["Esc", "拒接（振铃时）"],
      ["M", "静音"],
      ["H", "保持"],
      ["K", "键盘"],
      ["E", "邀请评价"],
    ],
  ],
  [
    "工单与客户",
    [
      ["Ctrl+Enter", "提交派单"],
      ["Alt+D", "一次办结"],
      ["Ctrl+S", "立即保存"],
      ["Alt+1", "告知停电并关联"],
      ["Alt+2", "仍要报修"],
      ["/", "查找客户"],
    ],
  ],
  ["其他", [["?", "打开或关闭本说明"]]],
];
