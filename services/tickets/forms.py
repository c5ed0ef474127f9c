"""The form of each ticket type (domain.md 4.2, 4.3, 13.4): one description for the API and the page.

Names of fields are the slots that the IVR fills; `sub_type` codes are those of `ivr/menus`. Columns that all types
share (contact, address, account, content, opinion) are no part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.tickets.model import TicketType


class FieldKind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """`required` before the ticket is dispatched."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    options: tuple[Option, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    sub_types: tuple[Option, ...]
    fields: tuple[Field, ...] = ()


def _options(**labels: str) -> tuple[Option, ...]:
    return tuple(Option(code, label) for code, label in labels.items())


def _choice(name: str, label: str, required: bool = False, **labels: str) -> Field:
    return Field(name, label, FieldKind.CHOICE, _options(**labels), required)


FAULT: Final = Form(
    _options(
        lv="低压故障",
        hv="高压故障",
        quality="电能质量",
        internal="客户内部故障",
        metering="计量故障",
        ev_charger="充电设施故障",
        hazard="险情隐患",
        non_power="非电力故障",
    ),
    (
        _choice("scope", "停电范围", required=True, one="仅本户", building="整栋", area="整片"),
        _choice("neighbours", "邻居用电", powered="有电", dark="没电", unknown="不清楚"),
        _choice("indoor_breaker", "户内开关", closed="未跳闸", tripped="推不上去", unknown="不清楚"),
        _choice("under_meter_switch", "表下开关", closed="未跳闸", tripped="已跳闸", unknown="不清楚"),
        _choice("meter_display", "电表显示", lit="亮屏", dark="黑屏", unknown="看不到"),
        _choice("initial_judgement", "初步判断", supply="供电侧故障", internal="客户内部故障", unknown="待现场确认"),
        Field("hazard", "现场有危险", FieldKind.FLAG),
        Field("fault_time", "发现时间", FieldKind.TIME),
        Field("landmark", "参照物"),
        Field("symptom", "故障现象"),
    ),
)
CONSULT: Final = Form(
    _options(
        general="综合咨询",
        bill="电费账单",
        payment="缴费",
        tariff="电价政策",
        invoice="发票账单",
        outage="停电信息",
        business="业务办理",
        key_account="重点客户",
        abandoned="未接通来电",
        callback="预约回拨",
        voice_message="语音留言",
        other="其他",
    ),
    (Field("question", "咨询要点"),),
)
QUERY: Final = Form(
    _options(
        bill="余额与账单",
        balance="余额与账单",
        outage="停电信息",
        progress="工单进度",
        account_no="户号查询",
        office="营业厅信息",
        other="其他",
    ),
    (Field("question", "查询要点"),),
)
COMPLAINT: Final = Form(
    _options(
        service="服务投诉",
        business="营业投诉",
        outage="停送电投诉",
        supply_quality="供电质量投诉",
        construction="电网建设投诉",
    ),
    (
        Field("happened_at", "发生时间", FieldKind.TIME, required=True),
        Field("place", "发生地点"),
        Field("person", "涉及人员或单位"),
        Field("harm", "造成的影响"),
        Field("demand", "客户诉求", required=True),
        _choice("level", "投诉等级", required=True, general="一般", important="重要", major="重大", special="特殊"),
        _choice("emotion", "客户情绪", required=True, calm="一般", agitated="激动", furious="非常激动"),
        _choice("secrecy", "保密要求", required=True, none="不保密", secret="保密", anonymous="匿名"),
        Field("leapfrog", "越级投诉", FieldKind.FLAG),
    ),
)
REPORT: Final = Form(
    _options(theft="窃电", damage="破坏电力设施", conduct="行风问题", other="其他"),
    (
        Field("reported_party", "被举报人或单位", required=True),
        Field("place", "地点", required=True),
        Field("evidence", "线索与证据"),
        Field("anonymous", "匿名举报", FieldKind.FLAG),
        Field("callback_allowed", "可以回访", FieldKind.FLAG),
    ),
)
OPINIONS: Final = _options(
    outage="停电与恢复",
    repair="故障抢修",
    service="服务行为",
    connection="业扩报装",
    reading="抄表催费",
    tariff="电价电费",
    metering="电能计量",
    urban_grid="城市配网",
    rural_grid="农村配网",
    service_channel="服务渠道",
    other="其他",
)
SUGGEST: Final = Form(OPINIONS, (Field("proposal", "建议内容"),))
OPINION: Final = Form(OPINIONS, (Field("demand", "客户期望"),))
PRAISE: Final = Form(
    _options(service="行风建设", supply_service="供电服务", construction="电网建设", other="其他"),
    (Field("person", "表扬对象"),),
)
URGE: Final = Form(_options(fault="抢修催办", other="其他催办"), (Field("demand", "客户诉求"),))
SERVICE_REQ: Final = Form(
    _options(
        reconnect="欠费复电登记",
        appliance_damage="家电损坏",
        meter_abnormal="电能表异常",
        reading="抄表数据异常",
        meter_test="校验电表",
        new_connection="新装增容",
        capacity_increase="增容",
        temporary_supply="临时用电",
        transfer="过户更名",
        meter_move="移表分户",
        suspend="暂停减容销户",
        discount="多人口与低保优惠",
        subscription="资料变更与订阅",
        ev_charger="充电桩报装",
        solar="光伏并网",
        line_move="线路迁改",
        tree="树障清理",
        other="其他",
    ),
    (
        _choice("applicant_role", "申请人身份", owner="户主", agent="代办人"),
        Field("documents", "已有资料"),
        Field("appointment", "预约时间", FieldKind.TIME),
    ),
)
FORMS: Final[Mapping[TicketType, Form]] = {
    TicketType.FAULT: FAULT,
    TicketType.CONSULT: CONSULT,
    TicketType.QUERY: QUERY,
    TicketType.COMPLAINT: COMPLAINT,
    TicketType.REPORT: REPORT,
    TicketType.SUGGEST: SUGGEST,
    TicketType.OPINION: OPINION,
    TicketType.PRAISE: PRAISE,
    TicketType.URGE: URGE,
    TicketType.SERVICE_REQ: SERVICE_REQ,
}

# Sub-types that only the machine gives (`from_call.py`), whatever the type: what became of the call, or the story told.
GIVEN_BY_MACHINE: Final[Mapping[str, str]] = {
    "abandoned": "未接通来电",
    "callback": "预约回拨",
    "voice_message": "语音留言",
    "balance": "余额与账单",
    "progress": "工单进度",
    "fault_report": "停电自查",
    "outage_here": "停电信息",
    "planned_outages": "计划停电",
    "subscribe": "停电短信",
    "account_number": "户号查询",
    "reconnect": "欠费复电",
    "info": "业务信息",
}


def sub_type_label(type: TicketType, code: str) -> str:
    """What people read for a sub-type; the code itself when nothing better is known."""
    chosen = next((option.label for option in FORMS[type].sub_types if option.code == code), None)
    return chosen or GIVEN_BY_MACHINE.get(code, code)
