"""Customers, phones, premises and accounts of the demo city, from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from services.customers.model import ImportantClass
from services.demo_city.grid import NAMES, PUBLIC_TRANSFORMERS, TransformerRow
from services.demo_city.people import PEOPLE, Person
from services.grid.model import AreaClass

RESIDENTS: Final = 20_000
BUSINESSES: Final = 800
IMPORTANT: Final = 60  # households with life support and important businesses together
LIFE_SUPPORT_HOUSEHOLDS: Final = 36

SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华文玉萍红建国志海云飞鹏慧春梅林晓宇"
STREETS: Final = {
    AreaClass.URBAN: ("东城街道", "西城街道", "南城街道", "北城街道", "滨江街道", "高新街道"),
    AreaClass.RURAL: ("石桥镇", "长河镇", "青湖镇", "云溪镇"),
    AreaClass.REMOTE: ("白岭乡", "竹坞乡"),
}
ESTATES: Final = (
    "幸福里", "桂花苑", "梧桐新村", "文澜公寓", "梅园小区", "海棠湾", "银杏雅苑", "紫薇花园",
    "锦绣家园", "阳光水岸", "书香名邸", "翠湖庭", "和平新村", "江南春晓", "星河湾",
    "望江府", "月亮湾", "绿杨里", "东篱居", "康乐小区",
)
VILLAGES: Final = ("沿河村", "上坞村", "下塘村", "杨家埭", "前进村", "新丰村", "荷花村", "石井村", "双桥村", "茶园村")
TRADES: Final = ("餐饮店", "超市", "五金厂", "服装厂", "酒店", "物流中心", "食品厂", "汽修厂", "电子厂")
BRANDS: Final = ("盛达", "永兴", "嘉禾", "顺风", "金桥", "华盛", "远景", "新光", "宏图", "百川", "同德", "长青")
IMPORTANT_BUSINESSES: Final = (
    ("海宁市妇幼保健院", "first"), ("海宁市中医院", "first"), ("临江区第二水厂", "first"), ("云溪县水厂", "second"),
    ("海宁市广播电视台", "first"), ("海宁火车站", "first"), ("海宁市政务中心", "second"),
    ("海宁市应急指挥中心", "special"),
    ("临江污水处理厂", "second"), ("云溪县人民医院", "first"), ("海宁市血站", "first"), ("海宁燃气门站", "second"),
    ("通汇数据机房", "second"), ("海宁市体育中心", "second"), ("海宁客运总站", "second"), ("宏远化工", "second"),
    ("海宁市第一中学", "second"), ("海宁市养老中心", "second"), ("海宁银行数据中心", "first"),
)
BASE: Final = (120.68, 30.52)  # longitude and latitude of the city


@dataclass(frozen=True, slots=True)
class Household:
    """One account with its owner and premise; owner, premise and account share their place in the lists."""

    customer_id: int
    person: Person
    account_no: str
    station_id: int
    transformer_id: int
    area_class: AreaClass
    street: str
    longitude: float
    latitude: float
    opened_on: date
    first_of_customer: bool


def households(random: Random, transformers: list[TransformerRow], today: date) -> Iterator[Household]:
    """All 20,800 accounts; the fixed people come first and keep the first serials of their stations."""
    by_id = {transformer.id: transformer for transformer in transformers}
    serials: dict[int, int] = {}
    customer_id = 0
    for person in PEOPLE:
        customer_id += 1
        for number, account_no in enumerate(person.account_nos):
            place = by_id[person.transformer + number]
            serials[place.station_id] = max(serials.get(place.station_id, 0), int(account_no[4:]))
            yield _household(random, customer_id, person, account_no, place, today, first=number == 0)
    fixed_businesses = sum(person.business for person in PEOPLE)
    fixed_residents = sum(len(person.account_nos) for person in PEOPLE if not person.business)
    for person in _residents(random, RESIDENTS - fixed_residents):
        customer_id += 1
        yield _numbered(random, customer_id, person, by_id, serials, today)
    for person in _businesses(random, BUSINESSES - fixed_businesses):
        customer_id += 1
        yield _numbered(random, customer_id, person, by_id, serials, today)


def _numbered(
    random: Random, customer_id: int, person: Person, by_id: dict[int, TransformerRow], serials: dict[int, int],
    today: date,
) -> Household:
    place = by_id[person.transformer]
    serials[place.station_id] = serials.get(place.station_id, 0) + 1
    account_no = f"33{place.station_id:02d}{serials[place.station_id]:06d}"
    return _household(random, customer_id, person, account_no, place, today, first=True)


def _household(
    random: Random, customer_id: int, person: Person, account_no: str, place: TransformerRow, today: date, *,
    first: bool,
) -> Household:
    _, county, area = NAMES[place.station_id - 1]
    street = _street(place.station_id)
    if not person.address:
        person = replace(person, address=_address(random, county, street, area))
    elif not first:
        person = replace(person, address=person.address.rsplit("幢", 1)[0] + f"幢地下车库{int(account_no[-2:])}号")
    east, north = random.uniform(-0.01, 0.01), random.uniform(-0.01, 0.01)
    return Household(
        customer_id, person, account_no, place.station_id, place.id, area, street,
        round(BASE[0] + place.station_id * 0.03 + (place.id % 12) * 0.002 + east, 6),
        round(BASE[1] + (place.feeder_id % 4) * 0.02 + north, 6),
        today - timedelta(days=random.randint(900, 7000)), first,
    )


def _street(station_id: int) -> str:
    area = NAMES[station_id - 1][2]
    first = next(number for number, (_, _, other) in enumerate(NAMES, start=1) if other is area)
    return STREETS[area][station_id - first]


def _address(random: Random, county: str, street: str, area: AreaClass) -> str:
    if area is AreaClass.URBAN:
        room = f"{random.randint(1, 18)}{random.randint(1, 4):02d}"
        return f"海宁市{county}{street}{random.choice(ESTATES)}{random.randint(1, 28)}幢{room}室"
    return f"海宁市{county}{street}{random.choice(VILLAGES)}{random.randint(1, 180)}号"


def _residents(random: Random, count: int) -> Iterator[Person]:
    supported = LIFE_SUPPORT_HOUSEHOLDS - sum(person.life_support for person in PEOPLE)
    for number in range(count):
        name = random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.choice((1, 2, 2, 2))))
        unpaid = random.choices((0, 1, 2, 3), weights=(950, 35, 10, 5))[0]
        needs_air = number < supported
        yield Person(
            name=name, phone=f"137{20_000_000 + number:08d}", account_nos=(), address="",
            transformer=random.randint(1, PUBLIC_TRANSFORMERS), life_support=needs_air,
            months_unpaid=0 if needs_air else unpaid, remark="家中有人使用呼吸机。" if needs_air else "",
            sensitive=random.random() < 0.002,
        )


def _businesses(random: Random, count: int) -> Iterator[Person]:
    left = IMPORTANT - LIFE_SUPPORT_HOUSEHOLDS - sum(
        person.business and person.important is not ImportantClass.NONE for person in PEOPLE
    )
    named = [*IMPORTANT_BUSINESSES, *((f"海宁市重点工程{number}号", "second") for number in range(1, 20))][:left]
    for number in range(count):
        if number < len(named):
            name, important = named[number][0], ImportantClass(named[number][1])
        else:
            name = f"海宁{random.choice(BRANDS)}{random.choice(TRADES)}{number:03d}"
            important = ImportantClass.NONE
        tariff_class = random.choices(
            ("commercial", "general_industry", "big_industry", "agriculture"), weights=(60, 25, 5, 10)
        )[0]
        unpaid = 0 if important is not ImportantClass.NONE else random.choices((0, 1, 2), weights=(96, 3, 1))[0]
        yield Person(
            name=name, phone=f"0573{86_000_000 + number:08d}", account_nos=(), address="",
            transformer=random.randint(1, PUBLIC_TRANSFORMERS), business=True, important=important,
            tariff_class=tariff_class, months_unpaid=unpaid,
        )
