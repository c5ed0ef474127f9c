"""Chinese words of the screens for codes of the services. Codes that only a ticket form uses stand with the form."""

from typing import Final

from services.agents.model import AgentStatus, PauseReason
from services.calls.model import CallOutcome, CallPhase
from services.grid.model import AreaClass
from services.outages.model import OutageKind
from services.tickets.model import TicketStatus, TicketType, Urgency

TICKET_TYPES: Final[dict[TicketType, str]] = {
    TicketType.FAULT: "故障报修",
    TicketType.CONSULT: "业务咨询",
    TicketType.QUERY: "信息查询",
    TicketType.COMPLAINT: "投诉",
    TicketType.REPORT: "举报",
    TicketType.SUGGEST: "建议",
    TicketType.OPINION: "意见",
    TicketType.PRAISE: "表扬",
    TicketType.URGE: "催办",
    TicketType.SERVICE_REQ: "服务申请",
}
TICKET_STATUSES: Final[dict[TicketStatus, str]] = {
    TicketStatus.DRAFT: "登记中",
    TicketStatus.TO_DISPATCH: "待派单",
    TicketStatus.DISPATCHED: "已派单",
    TicketStatus.ACCEPTED: "已接单",
    TicketStatus.RETURNED: "已退单",
    TicketStatus.ASSIGNED: "已派工",
    TicketStatus.ON_SITE: "已到场",
    TicketStatus.DONE: "处理完成",
    TicketStatus.TO_CALLBACK: "待回访",
    TicketStatus.REOPENED: "已重开",
    TicketStatus.MERGED: "已并单",
    TicketStatus.APPEAL: "申诉中",
    TicketStatus.CLOSED: "已办结",
    TicketStatus.CLOSED_FCR: "一次办结",
    TicketStatus.CLOSED_UNREACHED: "回访未接通办结",
    TicketStatus.CANCELLED: "已撤销",
}
URGENCIES: Final[dict[Urgency, str]] = {
    Urgency.NORMAL: "一般",
    Urgency.IMPORTANT: "重要",
    Urgency.URGENT: "紧急",
}
PAUSE_REASONS: Final[dict[str, str]] = {
    PauseReason.LOGIN: "签入准备",
    PauseReason.ACW: "话后处理",
    PauseReason.REST: "小休",
    PauseReason.MEAL: "用餐",
    PauseReason.TRAINING: "培训",
    PauseReason.MEETING: "会议",
    PauseReason.MISSED: "漏接自动示忙",
    PauseReason.PHONE_LOST: "话机断线",
}
AGENT_STATUSES: Final[dict[AgentStatus, str]] = {
    AgentStatus.OFFLINE: "未签入",
    AgentStatus.PAUSED: "示忙",
    AgentStatus.READY: "就绪",
    AgentStatus.RINGING: "振铃",
    AgentStatus.TALKING: "通话",
    AgentStatus.HOLD: "保持",
    AgentStatus.WRAP_UP: "话后",
}
CALL_PHASES: Final[dict[CallPhase, str]] = {
    CallPhase.MENU: "语音导航",
    CallPhase.QUEUED: "排队",
    CallPhase.RINGING: "振铃",
    CallPhase.TALKING: "通话",
    CallPhase.HOLD: "保持",
    CallPhase.MESSAGE: "留言",
    CallPhase.SURVEY: "评价",
    CallPhase.ENDED: "结束",
}
OUTCOMES: Final[dict[CallOutcome, str]] = {
    CallOutcome.SELF_SERVICE: "语音自助办结",
    CallOutcome.ABANDONED_IN_MENU: "导航中挂机",
    CallOutcome.ABANDONED_IN_QUEUE: "排队中挂机",
    CallOutcome.ABANDONED_RINGING: "振铃时挂机",
    CallOutcome.CALLBACK_REQUESTED: "预约回拨",
    CallOutcome.MESSAGE_LEFT: "留言",
    CallOutcome.AGENT: "人工受理",
    CallOutcome.NUISANCE: "骚扰电话",
    CallOutcome.LOST: "中断",
}
OUTAGE_KINDS: Final[dict[OutageKind, str]] = {
    OutageKind.PLANNED: "计划停电",
    OutageKind.TEMPORARY: "临时停电",
    OutageKind.FAULT: "故障停电",
    OutageKind.CAPACITY: "限电",
    OutageKind.ORDERLY_USE: "有序用电",
}
AREAS: Final[dict[AreaClass, str]] = {
    AreaClass.URBAN: "城区",
    AreaClass.RURAL: "农村",
    AreaClass.REMOTE: "偏远",
}
SATISFACTION: Final[dict[int, str]] = {1: "满意", 2: "一般", 3: "不满意"}
VERIFIED_BY: Final[dict[str, str]] = {
    "phone_last4": "手机尾号",
    "name_address": "户名和地址",
    "registered_phone": "预留手机",
    "document": "证件",
}
END_REASONS: Final[dict[str, str]] = {"nuisance": "骚扰电话", "silent": "无声电话"}
CREW_STATUSES: Final[dict[str, str]] = {
    "searching": "正在查找故障点",
    "assigned": "抢修人员已出发",
    "on_site": "抢修人员已到场",
}
TARIFFS: Final[dict[str, str]] = {
    "residential": "居民生活",
    "commercial": "一般工商业",
    "industrial": "大工业",
    "agricultural": "农业生产",
}
