"""First tables, and the invariants that the database itself keeps.

- An ended call has a ticket (CHECK), and an inbound call the ticket that it opened (deferred trigger, so that call
  and ticket may be written in either order within one transaction).
- Facts of calls and tickets are only ever added. A ticket keeps its call and its first owner (R3-65), and
  its number from the moment a person touched it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.migrations.script import run_script

INVARIANTS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON call_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ticket_events FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION ended_call_keeps_own_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM calls JOIN tickets ON tickets.id = calls.ticket_id
        WHERE calls.call_id = NEW.call_id AND calls.ended_at IS NOT NULL AND calls.direction = 'inbound'
          AND tickets.origin_call_id IS DISTINCT FROM calls.call_id
    ) THEN
        RAISE EXCEPTION 'inbound call % ended with a ticket of another call', NEW.call_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER own_ticket AFTER INSERT OR UPDATE OF direction, ended_at, ticket_id ON calls
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ended_call_keeps_own_ticket();

CREATE FUNCTION refuse_identity_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ticket % keeps its number, call and first owner', OLD.ticket_no
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER identity BEFORE UPDATE ON tickets FOR EACH ROW
    WHEN ((NEW.ticket_no <> OLD.ticket_no AND NOT OLD.automatic)
          OR NEW.origin_call_id IS DISTINCT FROM OLD.origin_call_id
          OR (OLD.first_owner IS NOT NULL AND NEW.first_owner IS DISTINCT FROM OLD.first_owner))
    EXECUTE FUNCTION refuse_identity_change();

-- One value is a block of 100 ticket numbers (services/tickets/numbers.py): eight digits behind the date.
CREATE SEQUENCE ticket_number_blocks MINVALUE 0 MAXVALUE 499999 CYCLE;
-- Numbers drawn one by one, for tickets that the backend opens itself.
CREATE SEQUENCE ticket_numbers MINVALUE 50000000 MAXVALUE 99999999 CYCLE;
"""

revision = "0001"
down_revision = None


def upgrade() -> None:

    op.create_table(
        "access_records",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_no", sa.String(length=8), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_records")),
    )
    op.create_index(op.f("ix_access_records_staff_no"), "access_records", ["staff_no"], unique=False)
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column(
            "important_class",
            sa.Enum(
                "none",
                "special",
                "first",
                "second",
                name="important_class",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("life_support", sa.Boolean(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("nuisance", sa.Boolean(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_table(
        "queues",
        sa.Column(
            "code",
            sa.Enum(
                "emergency",
                "repair",
                "billing",
                "business",
                "complaint",
                "key_account",
                "general_service",
                name="queue_code",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("answer_target_s", sa.Integer(), nullable=False),
        sa.Column("wrap_up_s", sa.Integer(), nullable=False),
        sa.Column("greeting", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_queues")),
    )
    op.create_table(
        "stations",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("county", sa.String(length=40), nullable=False),
        sa.Column(
            "area_class",
            sa.Enum(
                "urban", "rural", "remote", name="area_class", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stations")),
        sa.UniqueConstraint("name", name=op.f("uq_stations_name")),
    )
    op.create_table(
        "substations",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substations")),
        sa.UniqueConstraint("name", name=op.f("uq_substations_name")),
    )
    op.create_table(
        "tariffs",
        sa.Column("tariff_class", sa.String(length=24), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("tier1_kwh", sa.Integer(), nullable=True),
        sa.Column("tier2_kwh", sa.Integer(), nullable=True),
        sa.Column("price1", sa.Numeric(precision=8, scale=4), nullable=False),
        sa.Column("price2", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.Column("price3", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.PrimaryKeyConstraint("tariff_class", "valid_from", name=op.f("pk_tariffs")),
    )
    op.create_table(
        "ticket_limits",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(length=8), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "FAULT",
                "CONSULT",
                "QUERY",
                "COMPLAINT",
                "REPORT",
                "SUGGEST",
                "OPINION",
                "PRAISE",
                "URGE",
                "SERVICE_REQ",
                name="ticket_type",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "milestone",
            sa.Enum(
                "dispatch",
                "take",
                "contact",
                "arrive",
                "restore",
                "answer",
                "callback",
                name="milestone",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "counted_from",
            sa.Enum(
                "accepted",
                "dispatched",
                "arrived",
                "done",
                name="counted_from",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "area_class",
            sa.Enum(
                "urban", "rural", "remote", name="area_class", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("working_days", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("(minutes IS NULL) <> (working_days IS NULL)", name=op.f("ck_ticket_limits_one_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_limits")),
        sa.UniqueConstraint(
            "type",
            "milestone",
            "area_class",
            "valid_from",
            name=op.f("uq_ticket_limits_type_milestone_area_class_valid_from"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "crews",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_crews_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crews")),
        sa.UniqueConstraint("name", name=op.f("uq_crews_name")),
    )
    op.create_index(op.f("ix_crews_station_id"), "crews", ["station_id"], unique=False)
    op.create_table(
        "customer_phones",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_phones_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("customer_id", "number", name=op.f("pk_customer_phones")),
    )
    op.create_index(op.f("ix_customer_phones_number"), "customer_phones", ["number"], unique=False)
    op.create_table(
        "feeders",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("substation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["substation_id"], ["substations.id"], name=op.f("fk_feeders_substation_id_substations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeders")),
        sa.UniqueConstraint("name", name=op.f("uq_feeders_name")),
    )
    op.create_table(
        "agents",
        sa.Column("staff_no", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "agent",
                "shift_leader",
                "supervisor",
                "unit_handler",
                "crew",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("crew_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["crew_id"], ["crews.id"], name=op.f("fk_agents_crew_id_crews")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_agents_station_id_stations")),
        sa.PrimaryKeyConstraint("staff_no", name=op.f("pk_agents")),
    )
    op.create_table(
        "crew_shifts",
        sa.Column("crew_id", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leader", sa.String(length=20), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_at < to_at", name=op.f("ck_crew_shifts_runs_forward")),
        sa.ForeignKeyConstraint(["crew_id"], ["crews.id"], name=op.f("fk_crew_shifts_crew_id_crews")),
        sa.PrimaryKeyConstraint("crew_id", "from_at", name=op.f("pk_crew_shifts")),
    )
    op.create_table(
        "outages",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "planned",
                "temporary",
                "fault",
                "capacity",
                "orderly_use",
                name="outage_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "in_force",
                "ended",
                "cancelled",
                name="outage_status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("feeder_id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=200), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("crew_id", sa.Integer(), nullable=True),
        sa.Column("crew_status", sa.String(length=40), nullable=False),
        sa.Column("affected_households", sa.Integer(), nullable=False),
        sa.Column("announcement", sa.String(length=80), nullable=True),
        sa.CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_outages_ended_at")),
        sa.ForeignKeyConstraint(["crew_id"], ["crews.id"], name=op.f("fk_outages_crew_id_crews")),
        sa.ForeignKeyConstraint(["feeder_id"], ["feeders.id"], name=op.f("fk_outages_feeder_id_feeders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
    )
    op.create_index("ix_outages_status_start", "outages", ["status", "start_at"], unique=False)
    op.create_table(
        "transformers",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("feeder_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("dedicated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["feeder_id"], ["feeders.id"], name=op.f("fk_transformers_feeder_id_feeders")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_transformers_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformers")),
        sa.UniqueConstraint("name", name=op.f("uq_transformers_name")),
    )
    op.create_index(op.f("ix_transformers_feeder_id"), "transformers", ["feeder_id"], unique=False)
    op.create_index(op.f("ix_transformers_station_id"), "transformers", ["station_id"], unique=False)
    op.create_table(
        "agent_skills",
        sa.Column("staff_no", sa.String(length=8), nullable=False),
        sa.Column(
            "queue",
            sa.Enum(
                "emergency",
                "repair",
                "billing",
                "business",
                "complaint",
                "key_account",
                "general_service",
                name="queue_code",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("penalty", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["queue"], ["queues.code"], name=op.f("fk_agent_skills_queue_queues")),
        sa.ForeignKeyConstraint(["staff_no"], ["agents.staff_no"], name=op.f("fk_agent_skills_staff_no_agents")),
        sa.PrimaryKeyConstraint("staff_no", "queue", name=op.f("pk_agent_skills")),
    )
    op.create_table(
        "agent_state_intervals",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("staff_no", sa.String(length=8), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "offline",
                "paused",
                "ready",
                "ringing",
                "talking",
                "hold",
                "wrap_up",
                name="agent_status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("pause_reason", sa.String(length=16), nullable=True),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_no"], ["agents.staff_no"], name=op.f("fk_agent_state_intervals_staff_no_agents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_state_intervals")),
    )
    op.create_index(op.f("ix_agent_state_intervals_staff_no"), "agent_state_intervals", ["staff_no"], unique=False)
    op.create_index(
        "uq_agent_state_intervals_running",
        "agent_state_intervals",
        ["staff_no"],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "agent_states",
        sa.Column("staff_no", sa.String(length=8), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "offline",
                "paused",
                "ready",
                "ringing",
                "talking",
                "hold",
                "wrap_up",
                name="agent_status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("pause_reason", sa.String(length=16), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("phone_registered", sa.Boolean(), nullable=False),
        sa.Column("wrap_up_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_no"], ["agents.staff_no"], name=op.f("fk_agent_states_staff_no_agents")),
        sa.PrimaryKeyConstraint("staff_no", name=op.f("pk_agent_states")),
    )
    op.create_table(
        "login_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_no", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_no"], ["agents.staff_no"], name=op.f("fk_login_sessions_staff_no_agents")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_sessions")),
    )
    op.create_index(op.f("ix_login_sessions_staff_no"), "login_sessions", ["staff_no"], unique=False)
    op.create_table(
        "outage_transformers",
        sa.Column("outage_id", sa.Integer(), nullable=False),
        sa.Column("transformer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["outage_id"], ["outages.id"], name=op.f("fk_outage_transformers_outage_id_outages")),
        sa.ForeignKeyConstraint(
            ["transformer_id"], ["transformers.id"], name=op.f("fk_outage_transformers_transformer_id_transformers")
        ),
        sa.PrimaryKeyConstraint("outage_id", "transformer_id", name=op.f("pk_outage_transformers")),
    )
    op.create_index(
        op.f("ix_outage_transformers_transformer_id"), "outage_transformers", ["transformer_id"], unique=False
    )
    op.create_table(
        "premises",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("street", sa.String(length=60), nullable=False),
        sa.Column("landmark", sa.String(length=80), nullable=False),
        sa.Column(
            "area_class",
            sa.Enum(
                "urban", "rural", "remote", name="area_class", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("transformer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_premises_station_id_stations")),
        sa.ForeignKeyConstraint(
            ["transformer_id"], ["transformers.id"], name=op.f("fk_premises_transformer_id_transformers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_premises")),
    )
    op.create_index(op.f("ix_premises_street"), "premises", ["street"], unique=False)
    op.create_index(op.f("ix_premises_transformer_id"), "premises", ["transformer_id"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("account_no", sa.String(length=10), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("premise_id", sa.Integer(), nullable=False),
        sa.Column("tariff_class", sa.String(length=24), nullable=False),
        sa.Column("meter_no", sa.String(length=16), nullable=False),
        sa.Column("meter_online", sa.Boolean(), nullable=False),
        sa.Column("meter_powered", sa.Boolean(), nullable=False),
        sa.Column("meter_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cut_off_for_arrears", sa.Boolean(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.CheckConstraint("account_no ~ '^[0-9]{10}$'", name=op.f("ck_accounts_account_no_digits")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_accounts_customer_id_customers")),
        sa.ForeignKeyConstraint(["premise_id"], ["premises.id"], name=op.f("fk_accounts_premise_id_premises")),
        sa.PrimaryKeyConstraint("account_no", name=op.f("pk_accounts")),
    )
    op.create_index("ix_accounts_customer_id", "accounts", ["customer_id"], unique=False)
    op.create_table(
        "bills",
        sa.Column("account_no", sa.String(length=10), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("energy_kwh", sa.Integer(), nullable=False),
        sa.Column("tier1_kwh", sa.Integer(), nullable=False),
        sa.Column("tier2_kwh", sa.Integer(), nullable=False),
        sa.Column("tier3_kwh", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.CheckConstraint("EXTRACT(day FROM month) = 1", name=op.f("ck_bills_month_starts")),
        sa.CheckConstraint("tier1_kwh + tier2_kwh + tier3_kwh IN (0, energy_kwh)", name=op.f("ck_bills_tiers_add_up")),
        sa.ForeignKeyConstraint(["account_no"], ["accounts.account_no"], name=op.f("fk_bills_account_no_accounts")),
        sa.PrimaryKeyConstraint("account_no", "month", name=op.f("pk_bills")),
    )
    op.create_table(
        "calls",
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column(
            "direction",
            sa.Enum("inbound", "callback", name="direction", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "phase",
            sa.Enum(
                "menu",
                "queued",
                "ringing",
                "talking",
                "hold",
                "message",
                "survey",
                "ended",
                name="call_phase",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("phase_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller_number", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent_left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=16), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "self_service",
                "abandoned_in_menu",
                "abandoned_in_queue",
                "abandoned_ringing",
                "callback_requested",
                "message_left",
                "agent",
                "nuisance",
                "lost",
                name="call_outcome",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("account_no", sa.String(length=10), nullable=True),
        sa.Column("verified_level", sa.Integer(), nullable=False),
        sa.Column("intent", sa.String(length=40), nullable=True),
        sa.Column("intent_label", sa.String(length=60), nullable=True),
        sa.Column("ticket_type", sa.String(length=16), nullable=True),
        sa.Column("ticket_sub_type", sa.String(length=40), nullable=True),
        sa.Column("queue", sa.String(length=16), nullable=True),
        sa.Column("queue_priority", sa.Integer(), nullable=False),
        sa.Column("staff_no", sa.String(length=8), nullable=True),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("callback_id", sa.Integer(), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("recording", sa.String(length=80), nullable=True),
        sa.CheckConstraint("ended_at IS NULL OR ticket_id IS NOT NULL", name=op.f("ck_calls_ended_call_has_ticket")),
        sa.ForeignKeyConstraint(["account_no"], ["accounts.account_no"], name=op.f("fk_calls_account_no_accounts")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_calls_customer_id_customers")),
        sa.ForeignKeyConstraint(["staff_no"], ["agents.staff_no"], name=op.f("fk_calls_staff_no_agents")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_calls")),
    )
    op.create_index(
        "ix_calls_active", "calls", ["started_at"], unique=False, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index(op.f("ix_calls_caller_number"), "calls", ["caller_number"], unique=False)
    op.create_index("ix_calls_started_at", "calls", ["started_at"], unique=False)
    op.create_table(
        "call_events",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_call_events_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_events")),
        sa.UniqueConstraint("call_id", "seq", name=op.f("uq_call_events_call_id_seq")),
        sa.UniqueConstraint("key", name=op.f("uq_call_events_key")),
    )
    op.create_table(
        "call_legs",
        sa.Column("channel_id", sa.String(length=40), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("staff_no", sa.String(length=8), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hangup_cause", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_call_legs_call_id_calls")),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_call_legs")),
    )
    op.create_index(op.f("ix_call_legs_call_id"), "call_legs", ["call_id"], unique=False)
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column(
            "queue",
            sa.Enum(
                "emergency",
                "repair",
                "billing",
                "business",
                "complaint",
                "key_account",
                "general_service",
                name="queue_code",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "in_queue",
                "dialling",
                "done",
                "unreached",
                "cancelled",
                name="callback_status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("callback_call_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_callbacks_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
        sa.UniqueConstraint("call_id", name=op.f("uq_callbacks_call_id")),
    )
    op.create_index(
        "uq_callbacks_live_number",
        "callbacks",
        ["number"],
        unique=True,
        postgresql_where=sa.text("status IN ('waiting', 'in_queue', 'dialling')"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_no", sa.String(length=16), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "FAULT",
                "CONSULT",
                "QUERY",
                "COMPLAINT",
                "REPORT",
                "SUGGEST",
                "OPINION",
                "PRAISE",
                "URGE",
                "SERVICE_REQ",
                name="ticket_type",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("sub_type", sa.String(length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "TO_DISPATCH",
                "DISPATCHED",
                "ACCEPTED",
                "RETURNED",
                "ASSIGNED",
                "ON_SITE",
                "DONE",
                "TO_CALLBACK",
                "REOPENED",
                "MERGED",
                "APPEAL",
                "CLOSED",
                "CLOSED_FCR",
                "CLOSED_UNREACHED",
                "CANCELLED",
                name="ticket_status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "urgency",
            sa.Enum(
                "normal", "important", "urgent", name="urgency", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("origin_call_id", sa.String(length=32), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("outage_id", sa.Integer(), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("source_channel", sa.String(length=16), nullable=False),
        sa.Column("order_class", sa.String(length=16), nullable=False),
        sa.Column("calling_no", sa.String(length=32), nullable=False),
        sa.Column("contact_name", sa.String(length=40), nullable=False),
        sa.Column("contact_phone", sa.String(length=32), nullable=False),
        sa.Column("contact_addr", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("account_no", sa.String(length=10), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("transformer_id", sa.Integer(), nullable=True),
        sa.Column(
            "area_class",
            sa.Enum(
                "urban", "rural", "remote", name="area_class", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.Column("accept_staff", sa.String(length=8), nullable=True),
        sa.Column("accept_content", sa.String(), nullable=False),
        sa.Column("handle_opinion", sa.String(), nullable=False),
        sa.Column("form", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("filled_by_machine", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("disposition", sa.String(length=24), nullable=True),
        sa.Column("urge_count", sa.Integer(), nullable=False),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("current_owner", sa.String(length=40), nullable=True),
        sa.Column("first_owner", sa.String(length=40), nullable=True),
        sa.Column("crew_id", sa.Integer(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status LIKE 'CLOSED%' OR status = 'CANCELLED') = (closed_at IS NOT NULL)",
            name=op.f("ck_tickets_closed_at"),
        ),
        sa.CheckConstraint("ticket_no ~ '^[0-9]{16}$'", name=op.f("ck_tickets_ticket_no_digits")),
        sa.ForeignKeyConstraint(["account_no"], ["accounts.account_no"], name=op.f("fk_tickets_account_no_accounts")),
        sa.ForeignKeyConstraint(["crew_id"], ["crews.id"], name=op.f("fk_tickets_crew_id_crews")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_tickets_customer_id_customers")),
        sa.ForeignKeyConstraint(["origin_call_id"], ["calls.call_id"], name=op.f("fk_tickets_origin_call_id_calls")),
        sa.ForeignKeyConstraint(["outage_id"], ["outages.id"], name=op.f("fk_tickets_outage_id_outages")),
        sa.ForeignKeyConstraint(["parent_id"], ["tickets.id"], name=op.f("fk_tickets_parent_id_tickets")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_tickets_station_id_stations")),
        sa.ForeignKeyConstraint(
            ["transformer_id"], ["transformers.id"], name=op.f("fk_tickets_transformer_id_transformers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("origin_call_id", name=op.f("uq_tickets_origin_call_id")),
        sa.UniqueConstraint("ticket_no", name=op.f("uq_tickets_ticket_no")),
    )
    op.create_index("ix_tickets_account_no", "tickets", ["account_no"], unique=False)
    op.create_index("ix_tickets_contact_phone", "tickets", ["contact_phone"], unique=False)
    op.create_index(
        "ix_tickets_open", "tickets", ["accepted_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index("ix_tickets_parent_id", "tickets", ["parent_id"], unique=False)
    op.create_index("ix_tickets_transformer_id", "tickets", ["transformer_id", "accepted_at"], unique=False)
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("outage_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["outage_id"], ["outages.id"], name=op.f("fk_notices_outage_id_outages")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_notices_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    op.create_table(
        "ticket_events",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_events_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_events")),
        sa.UniqueConstraint("ticket_id", "seq", name=op.f("uq_ticket_events_ticket_id_seq")),
    )
    op.create_foreign_key(op.f("fk_calls_ticket_id_tickets"), "calls", "tickets", ["ticket_id"], ["id"])
    run_script(op.get_bind(), INVARIANTS)


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first tables")
