"""django-post_office or django-mailer: `python django_way.py post_office|mailer MATERIAL PORT LETTERS FOLDER`.

Needs nothing of ours: it runs in a virtual environment of its own. django-post_office keeps template and context and renders when it
delivers, by five threads (its default); django-mailer is given the rendered letter and sends it letter by letter. Both queue in SQLite
(WAL, synchronous FULL). Prints what the start cost, and what queueing and sending did.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.management import call_command
from django.template import engines


def main() -> None:
    which, file, port, letters, folder = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5])
    material = json.loads(file.read_text(encoding="utf-8"))
    material["readers"] = material["readers"][:letters]
    os.chdir(folder)
    logging.disable(logging.INFO)
    durable = {"init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", "timeout": 60}
    settings.configure(
        SECRET_KEY="bench",
        USE_TZ=True,
        INSTALLED_APPS=["django.contrib.contenttypes", which],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "django.db"), "OPTIONS": durable}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "NAME": "django", "OPTIONS": {}}],
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        POST_OFFICE={"BATCH_SIZE": 500, "TEMPLATE_ENGINE": "django"},
        MAILER_EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        MAILER_LOCK_PATH=str(folder / "mailer.lock"),
    )
    django.setup()
    call_command("migrate", verbosity=0)
    started, wall = time.process_time(), time.perf_counter()
    sent = (post_office if which == "post_office" else mailer)(material)
    print(json.dumps({"start": started, "seconds": time.perf_counter() - wall, "sent": sent}))


def headers(reader: dict[str, str]) -> dict[str, str]:
    return {
        "Message-ID": reader["message_id"],
        "List-Unsubscribe": f"<{reader['header_url']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def post_office(material: dict) -> int:
    from post_office import mail
    from post_office.models import Email, EmailTemplate

    template = EmailTemplate.objects.create(
        name="letter", subject="{{ subject }}", content=material["django"]["text"], html_content=material["django"]["html"]
    )
    for at in range(0, len(material["readers"]), 500):
        mail.send_many(
            [
                {
                    "recipients": [reader["to"]],
                    "sender": material["from"],
                    "template": template,
                    "context": reader,
                    "headers": headers(reader),
                    "render_on_delivery": True,
                }
                for reader in material["readers"][at : at + 500]
            ]
        )
    while mail.get_queued().exists():
        mail.send_queued(processes=1)
    return Email.objects.filter(status=0).count()


def mailer(material: dict) -> int:
    from mailer import engine
    from mailer.models import Message, MessageLog

    text, html = (engines["django"].from_string(material["django"][kind]) for kind in ("text", "html"))
    for at in range(0, len(material["readers"]), 500):
        waiting = []
        for reader in material["readers"][at : at + 500]:
            message = EmailMultiAlternatives(
                reader["subject"], text.render(reader), material["from"], [reader["to"]], headers=headers(reader)
            )
            message.attach_alternative(html.render(reader), "text/html")
            one = Message()
            one.email = message
            waiting.append(one)
        Message.objects.bulk_create(waiting)
    engine.send_all()
    return MessageLog.objects.filter(result="1").count()


if __name__ == "__main__":
    main()
