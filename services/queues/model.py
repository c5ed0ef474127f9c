"""Queues are app_queue's; this table names them and says how the centre measures them."""

from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.db import Model, word


class QueueCode(StrEnum):
    """Queue names in asterisk_conf/queues.conf. A skill is a queue plus a penalty."""

    EMERGENCY = "emergency"  # 应急险情
    REPAIR = "repair"  # 故障抢修
    BILLING = "billing"  # 电费咨询
    BUSINESS = "business"  # 业务办理
    COMPLAINT = "complaint"  # 投诉举报
    KEY_ACCOUNT = "key_account"  # 重点客户
    GENERAL = "general_service"  # 综合服务; plain "general" is a section of queues.conf


class Queue(Model):
    __tablename__ = "queues"

    code: Mapped[QueueCode] = mapped_column(word(QueueCode), primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    answer_target_s: Mapped[int] = mapped_column(default=20)
    wrap_up_s: Mapped[int] = mapped_column(default=30)
    greeting: Mapped[str] = mapped_column(default="")  # script with {staff_no} {surname} {address}
