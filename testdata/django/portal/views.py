"""One view for each way in which a site and its visitors use cookies and HTTP."""
import json
from datetime import datetime, timezone

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_POST


def healthz(request):
    return HttpResponse("ok", content_type="text/plain")


def home(request):
    return render(request, "home.html")


@login_required
def account(request):
    return render(request, "account.html")


@require_POST
def feedback(request):
    """The classic form: post, redirect, and a message on the next page."""
    thanks = "Thank you" if get_language() == "en" else "Merci"
    messages.success(request, f"{thanks} : {request.POST.get('text', '')}")
    return redirect("/")


@require_POST
def api_feedback(request):
    """The same by script: JSON in, JSON out, the CSRF token in a header."""
    return JsonResponse({"received": json.loads(request.body)["text"]})


@cache_control(no_store=True)
def api_datasets(request):
    # A page in a string, so that a proxy which looks for one in data is caught.
    description = "<!doctype html><html><head></head><body>Comptages</body></html>"
    return JsonResponse({"datasets": [{"id": i, "description": description} for i in range(20)]})


def export_csv(request):
    rows = (f"{i};borne {i};<body>{i * 7919 % 1000}</body>\r\n" for i in range(5000))
    return StreamingHttpResponse(
        rows,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="export.csv"'},
    )


@cache_control(max_age=600)
@condition(
    etag_func=lambda request: f'"conditional-{get_language()}"',
    last_modified_func=lambda request: datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
)
def conditional(request):
    return render(request, "conditional.html")


@gzip_page
def gzipped(request):
    return render(request, "gzip.html")


def embeds(request):
    """A page with what others make."""
    return render(request, "embeds.html")


def scripted(request):
    """A page whose scripts load and keep what its markup does not name."""
    return render(request, "scripted.html")


def echo_cookies(request):
    """Tell which Cookie header arrived."""
    return JsonResponse({"cookie": request.META.get("HTTP_COOKIE", "")})
