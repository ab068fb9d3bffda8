"""The addresses of the test site."""
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from portal import views

urlpatterns = [
    path("healthz", views.healthz),
    path("", views.home),
    path("login/", LoginView.as_view()),
    path("logout/", LogoutView.as_view()),
    path("account/", views.account),
    path("i18n/", include("django.conf.urls.i18n")),
    path("feedback/", views.feedback),
    path("api/feedback/", views.api_feedback),
    path("api/datasets/", views.api_datasets),
    path("export.csv", views.export_csv),
    path("conditional/", views.conditional),
    path("gzip/", views.gzipped),
    path("embeds/", views.embeds),
    path("scripted/", views.scripted),
    path("echo-cookies/", views.echo_cookies),
]
