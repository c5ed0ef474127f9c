"""The demo grid: 2 counties, 12 stations, 6 substations, 48 feeders, 600 transformers, 24 crews. Ids are fixed."""

from typing import Final, NamedTuple

from services.grid.model import AreaClass

STATIONS: Final = 12
FEEDERS: Final = 48
PUBLIC_TRANSFORMERS: Final = FEEDERS * 12  # ids 1 to 576, twelve behind each feeder
DEDICATED_TRANSFORMERS: Final = STATIONS * 2  # ids 577 to 600, two a station


class StationRow(NamedTuple):
    id: int
    name: str
    county: str
    area_class: AreaClass
    phone: str


class TransformerRow(NamedTuple):
    id: int
    name: str
    feeder_id: int
    station_id: int
    dedicated: bool


NAMES: Final = (
    ("城东", "临江区", AreaClass.URBAN), ("城西", "临江区", AreaClass.URBAN), ("城南", "临江区", AreaClass.URBAN),
    ("城北", "临江区", AreaClass.URBAN), ("滨江", "临江区", AreaClass.URBAN), ("高新", "临江区", AreaClass.URBAN),
    ("石桥", "云溪县", AreaClass.RURAL), ("长河", "云溪县", AreaClass.RURAL), ("青湖", "云溪县", AreaClass.RURAL),
    ("云溪", "云溪县", AreaClass.RURAL), ("白岭", "云溪县", AreaClass.REMOTE), ("竹坞", "云溪县", AreaClass.REMOTE),
)
SUBSTATIONS: Final = ("东郊变电站", "西郊变电站", "滨江变电站", "石桥变电站", "云溪变电站", "白岭变电站")
LINES: Final = ("甲线", "乙线", "丙线", "丁线")  # four feeders a station


def stations() -> list[StationRow]:
    return [
        StationRow(number, f"{name}供电所", county, area, f"05738700{number:04d}")
        for number, (name, county, area) in enumerate(NAMES, start=1)
    ]


def station_of_feeder(feeder_id: int) -> int:
    return (feeder_id - 1) // 4 + 1


def feeders() -> list[tuple[int, str, int]]:
    """(id, name, substation id); a substation feeds two stations."""
    return [
        (number, f"10千伏{NAMES[station_of_feeder(number) - 1][0]}{LINES[(number - 1) % 4]}", (number - 1) // 8 + 1)
        for number in range(1, FEEDERS + 1)
    ]


def transformers() -> list[TransformerRow]:
    public = [
        TransformerRow(
            number,
            f"{NAMES[station_of_feeder(feeder) - 1][0]}{LINES[(feeder - 1) % 4]}{(number - 1) % 12 + 1:03d}台区",
            feeder, station_of_feeder(feeder), False,
        )
        for number in range(1, PUBLIC_TRANSFORMERS + 1)
        for feeder in [(number - 1) // 12 + 1]
    ]
    dedicated = [
        TransformerRow(
            PUBLIC_TRANSFORMERS + number,
            f"{NAMES[station - 1][0]}专变{(number - 1) % 2 + 1:02d}", (station - 1) * 4 + 1, station, True,
        )
        for number in range(1, DEDICATED_TRANSFORMERS + 1)
        for station in [(number - 1) // 2 + 1]
    ]
    return public + dedicated


def crews() -> list[tuple[int, str, int, str]]:
    """(id, name, station id, phone); two a station."""
    return [
        (number, f"{NAMES[(number - 1) // 2][0]}抢修{'一二'[(number - 1) % 2]}队", (number - 1) // 2 + 1,
         f"1390000{number:04d}")
        for number in range(1, STATIONS * 2 + 1)
    ]
