"""Refusals of the login and of permissions."""

from services.errors import ServiceError


class NotLoggedInError(ServiceError):
    status_code = 401
    error_id = "not-logged-in"
    message = "登录已失效，请重新登录。"


class WrongPasswordError(ServiceError):
    """The same for an unknown staff number, so that numbers cannot be probed."""

    status_code = 401
    error_id = "wrong-password"
    message = "工号或密码不正确。"


class TooManyAttemptsError(ServiceError):
    status_code = 429
    error_id = "too-many-attempts"

    def __init__(self, retry_after_s: int) -> None:
        minutes = max(1, -(-retry_after_s // 60))
        super().__init__(message=f"登录失败次数过多，请 {minutes} 分钟后再试。")
        self.retry_after_s = retry_after_s


class ForbiddenError(ServiceError):
    status_code = 403
    error_id = "forbidden"
    message = "您没有进行此操作的权限。"


class ForeignOriginError(ServiceError):
    """A page of another site sent this request with our cookie (CSRF)."""

    status_code = 403
    error_id = "foreign-origin"
    message = "请求来源不受信任，请从座席台页面操作。"
