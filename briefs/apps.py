from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class Briefs(AppConfig):
    name = "briefs"
    verbose_name = _("Briefs")
    default = True

    def ready(self) -> None:
        from briefs.bilingual.lexicon.dictionary import set_dictionary_path
        from briefs.operations.accounts import sessions, sign_in_log

        from .database import guards, versions

        # Signals are used only here: for sign-ins, and because migrations on SQLite silently drop triggers of a rebuilt table.
        pre_migrate.connect(versions.refuse_other_versions, dispatch_uid="versions")
        pre_migrate.connect(guards.remove_before_migrate, dispatch_uid="guards")
        post_migrate.connect(guards.install_after_migrate, dispatch_uid="guards")
        sign_in_log.connect()
        sessions.connect()
        set_dictionary_path(settings.DICTIONARY_FILE)
        register(guards.check_guards, Tags.database)
        register(guards.check_sqlite, Tags.database, deploy=True)
        register(guards.check_search, Tags.database)


class Desk(admin.AdminConfig):
    default_site = "briefs.admin.home.desk_site.DeskSite"
    default = False

    def ready(self) -> None:
        super().ready()
        from .admin import all_screens  # noqa: F401
        from .admin.account import adapters

        adapters.connect()
