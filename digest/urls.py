from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/account/", include("briefs.admin.account.urls")),
    path("admin/", admin.site.urls),
    path("preview/", include("briefs.preview.urls")),
    path("", include("briefs.public.urls")),
    path("", include("briefs.api.urls")),
]

handler404 = "briefs.public.errors.not_found"
handler500 = "digest.faults.server_error"
