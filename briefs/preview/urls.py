"""The token door: one revision for a guest. Every route is here, each through `guest`."""

from django.urls import path, register_converter

from ..public.languages import LanguageConverter
from . import views
from .serving import guest

register_converter(LanguageConverter, "preview_page")

app_name = "preview"

urlpatterns = [
    path("<str:token>/", guest(views.front), name="front"),
    path("<str:token>/picture/<str:name>", guest(views.picture), name="picture"),
    path("<str:token>/<preview_page:page>/", guest(views.single), name="single"),
    path("<str:token>/<preview_page:page>/parallel/", guest(views.parallel), name="parallel"),
]
