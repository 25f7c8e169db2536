"""Preview routes, which show one revision to guests. Each view is wrapped in `guest_view`."""

from django.urls import path, register_converter

from briefs.public.responses import LanguageConverter

from . import views
from .views import guest_view

register_converter(LanguageConverter, "preview_language")

app_name = "preview"

urlpatterns = [
    path("<str:token>/", guest_view(views.show), name="front"),
    path("<str:token>/picture/<str:name>", guest_view(views.picture), name="picture"),
    path("<str:token>/<preview_language:language>/", guest_view(views.show), name="single"),
    path(
        "<str:token>/<preview_language:language>/parallel/",
        guest_view(views.show),
        {"is_parallel": True},
        name="parallel",
    ),
]
