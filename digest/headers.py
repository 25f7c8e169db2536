"""Response headers for which Django's middleware has no setting."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

DENIED_FEATURES: Final = (
    *("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone"),
    *("midi", "payment", "usb", "xr-spatial-tracking"),
)
PERMISSIONS_POLICY: Final = ", ".join(f"{feature}=()" for feature in DENIED_FEATURES)


def permissions_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Add a Permissions-Policy to every response. No page uses a device, so injected code must not either."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        return response

    return answer
