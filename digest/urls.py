from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/account/", include("briefs.admin.account.account_pages")),
    path("admin/", admin.site.urls),
    path("preview/", include("briefs.public.preview_views")),
    path("", include("briefs.public.urls")),
    path("", include("briefs.public.api.urls")),
]

handler404 = "briefs.public.responses.not_found"
handler500 = "digest.failure_pages.server_error"
