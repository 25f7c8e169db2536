"""What Django's own middleware has no setting for."""

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
    """Permissions-Policy on every answer: no page of ours asks for a device, so none that is injected may either."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        return response

    return answer
