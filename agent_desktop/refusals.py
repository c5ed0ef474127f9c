"""Turns every error into `{error_id, message, fields}` that the person at the screen can act on.

A missing database or Redis is 503 with a sentence, input is 422 with readable fields, and nothing shows a stack.
"""

from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from agent_desktop.schemas.common import ErrorShape, FieldProblem
from services.auth.errors import TooManyAttemptsError
from services.errors import ServiceError
from services.tickets.service import FieldsMissingError

log = structlog.get_logger(__name__)

# What a dependency that is away throws at whoever uses it.
UNAVAILABLE_ERRORS: Final = (OperationalError, InterfaceError, PoolTimeoutError, RedisError, OSError, TimeoutError)
_HTTP: Final = {
    404: ("not-found", "没有这个页面或接口。"),
    405: ("method-not-allowed", "不支持这种请求方式。"),
}
_PROBLEMS: Final = {
    "missing": "必须填写",
    "extra_forbidden": "不认识的字段",
    "json_invalid": "不是有效的 JSON",
    "string_pattern_mismatch": "格式不正确",
    "enum": "不在可选范围内",
    "literal_error": "不在可选范围内",
    "int_parsing": "应当是整数",
    "int_type": "应当是整数",
    "bool_parsing": "应当是“是”或“否”",
    "string_type": "应当是文字",
    "string_unicode": "含有无法识别的字符",
}


def refusal(status_code: int, error_id: str, message: str, fields: list[FieldProblem] | None = None) -> JSONResponse:
    shape = ErrorShape(error_id=error_id, message=message, fields=fields or [])
    return JSONResponse(shape.model_dump(), status_code=status_code)


def add_refusals(app: FastAPI) -> None:
    @app.exception_handler(ServiceError)
    async def refused(request: Request, error: ServiceError) -> JSONResponse:
        missing = error.fields if isinstance(error, FieldsMissingError) else []
        fields = [FieldProblem(field=name, message=_PROBLEMS["missing"]) for name in missing]
        response = refusal(error.status_code, error.error_id, error.message, fields)
        if isinstance(error, TooManyAttemptsError):
            response.headers["Retry-After"] = str(error.retry_after_s)
        if error.status_code >= 500:
            log.warning("request_refused", path=_route(request), error_id=error.error_id, detail=str(error))
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [FieldProblem(field=_field(item), message=_problem(item)) for item in error.errors()[:20]]
        readable = "；".join(f"{field.field} {field.message}" for field in fields[:3])
        return refusal(422, "invalid-input", f"填写的内容有误：{readable}", fields)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        error_id, message = _HTTP.get(error.status_code, ("http-error", "请求未能完成。"))
        return refusal(error.status_code, error_id, message)

    async def database_away(request: Request, error: Exception) -> JSONResponse:
        log.warning("database_away", path=_route(request), error=type(error).__name__)
        return refusal(503, "database-unavailable", "数据库暂时不可用，已填内容请勿关闭页面，稍后会自动重试。")

    for kind in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(kind, database_away)

    @app.exception_handler(DBAPIError)
    async def database_error(request: Request, error: DBAPIError) -> JSONResponse:
        if error.connection_invalidated:
            return await database_away(request, error)
        log.error("database_error", path=_route(request), error=type(error.orig).__name__)
        return refusal(500, "internal-error", ServiceError.message)

    @app.exception_handler(RedisError)
    async def redis_away(request: Request, error: RedisError) -> JSONResponse:
        log.warning("redis_away", path=_route(request), error=type(error).__name__)
        return refusal(503, "redis-unavailable", "实时服务暂时不可用，请稍后重试。")

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> JSONResponse:
        log.error("request_failed", path=_route(request), error=type(error).__name__)
        return refusal(500, "internal-error", ServiceError.message)


def _route(request: Request) -> str:
    """The path as declared, without the values in it."""
    return str(getattr(request.scope.get("route"), "path", ""))


def _field(item: Any) -> str:
    where = [str(part) for part in item["loc"]]
    return ".".join(where[1:]) or where[0]


def _problem(item: Any) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "string_too_long":
        return f"最多 {context['max_length']} 个字"
    if kind == "string_too_short":
        return f"至少 {context['min_length']} 个字"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"应{'不小于' if kind[0] == 'g' else '不大于'} {context.get('ge', context.get('le'))}"
    return _PROBLEMS.get(kind, "填写不正确")
