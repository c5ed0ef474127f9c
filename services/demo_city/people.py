"""Fixed people of the demo city: who to call as, in demo, tests and documentation. All names and numbers are invented.

Accounts `33` + station + serial; the first serials of a station are these people's, see `city.py`.
"""

from dataclasses import dataclass, field
from typing import Final

from services.customers.model import ImportantClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`transformer` is an id of the demo grid; with several accounts they lie behind that one and the next ones."""

    name: str
    phone: str
    account_nos: tuple[str, ...]
    address: str
    transformer: int
    business: bool = False
    important: ImportantClass = ImportantClass.NONE
    life_support: bool = False
    sensitive: bool = False
    months_unpaid: int = 0
    tariff_class: str = "residential"
    remark: str = ""
    landmark: str = field(default="")

    @property
    def account_no(self) -> str:
        return self.account_nos[0]


ORDINARY: Final = Person(
    name="王建国", phone="13800000001", account_nos=("3301000001",), transformer=1,
    address="海宁市临江区东城街道幸福里3幢401室", landmark="东门进右手第二栋",
)
UNDER_FAULT_OUTAGE: Final = Person(
    name="李秀英", phone="13800000002", account_nos=("3301000002",), transformer=13,
    address="海宁市临江区东城街道桂花苑6幢102室",
)
UNDER_PLANNED_OUTAGE: Final = Person(
    name="周明华", phone="13800000003", account_nos=("3302000001",), transformer=49,
    address="海宁市临江区西城街道梧桐新村11幢303室",
)
CUT_OFF_FOR_ARREARS: Final = Person(
    name="赵志强", phone="13800000004", account_nos=("3301000003",), transformer=2, months_unpaid=3,
    address="海宁市临江区东城街道文澜公寓2幢1104室",
)
LIFE_SUPPORT: Final = Person(
    name="陈淑珍", phone="13800000005", account_nos=("3301000004",), transformer=3, life_support=True,
    important=ImportantClass.SECOND, address="海宁市临江区东城街道梅园小区8幢201室",
    remark="家中老人使用制氧机，停电请优先联系。",
)
HOSPITAL: Final = Person(
    name="海宁市仁和医院", phone="057388880006", account_nos=("3301000005",), transformer=577, business=True,
    important=ImportantClass.FIRST, tariff_class="commercial", address="海宁市临江区东城街道康宁路18号",
    remark="双电源，自备发电机2台。",
)
WITH_OPEN_FAULT: Final = Person(
    name="孙丽娟", phone="13800000007", account_nos=("3301000006",), transformer=4,
    address="海宁市临江区东城街道海棠湾5幢602室",
)
TWO_ACCOUNTS: Final = Person(
    name="吴国平", phone="13800000008", account_nos=("3301000007", "3301000008"), transformer=5,
    address="海宁市临江区东城街道银杏雅苑1幢701室",
)
BEFORE_PLANNED_OUTAGE: Final = Person(
    name="郑晓燕", phone="13800000009", account_nos=("3303000001",), transformer=97,
    address="海宁市临江区南城街道紫薇花园4幢205室",
)
REMOTE: Final = Person(
    name="冯土根", phone="13800000010", account_nos=("3311000001",), transformer=481,
    address="海宁市云溪县白岭乡上坞村27号", landmark="村口老樟树往北二百米",
)
WATER_WORKS: Final = Person(
    name="海宁市清源水厂", phone="057388880011", account_nos=("3301000009",), transformer=578, business=True,
    important=ImportantClass.FIRST, tariff_class="general_industry", address="海宁市临江区滨江路1号",
)
DATA_CENTRE: Final = Person(
    name="云帆数据中心", phone="057388880012", account_nos=("3306000001",), transformer=587, business=True,
    important=ImportantClass.SPECIAL, tariff_class="big_industry", address="海宁市临江区高新大道99号",
)
FARMER_IN_ARREARS: Final = Person(
    name="何阿福", phone="13800000013", account_nos=("3307000001",), transformer=289, months_unpaid=1,
    address="海宁市云溪县石桥镇沿河村12号",
)
SENSITIVE: Final = Person(
    name="沈美凤", phone="13800000014", account_nos=("3301000010",), transformer=6, sensitive=True,
    address="海宁市临江区东城街道幸福里9幢502室", remark="近三个月两次投诉，请耐心解释。",
)

UNKNOWN_NUMBER: Final = "13900009999"  # in no customer's record

PEOPLE: Final = (
    ORDINARY, UNDER_FAULT_OUTAGE, UNDER_PLANNED_OUTAGE, CUT_OFF_FOR_ARREARS, LIFE_SUPPORT, HOSPITAL, WITH_OPEN_FAULT,
    TWO_ACCOUNTS, BEFORE_PLANNED_OUTAGE, REMOTE, WATER_WORKS, DATA_CENTRE, FARMER_IN_ARREARS, SENSITIVE,
)

AGENT: Final = "3001"  # serves every queue
SUPERVISOR: Final = "2001"
ADMIN: Final = "1001"
