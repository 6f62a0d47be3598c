# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of adding and removing kubeconfig entries without changes to other entries."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
import yaml
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters import kubeconfig as _kubeconfig
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._clusters.kubeconfig import (
    add_entries,
    dump,
    parse,
    redacted_text,
    remove_entries,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError, MissingLibraryError

Document = dict[str, t.Any]
CLUSTER: Document = {"server": "https://c2.containers.cloud.ibm.com:30422", "certificate-authority-data": "TFMwdA=="}
USER: Document = {"token": "not-a-real-token"}
OTHERS = """\
apiVersion: v1
kind: Config
current-context: home
preferences: {colors: true}
clusters:
- name: home
  cluster: {server: "https://home.example:6443", insecure-skip-tls-verify: false, future-key: [1, 2.5, null]}
- name: work
  cluster: {server: "https://work.example", proxy-url: "http://ada:SECRET@proxy.example"}
users:
- name: home
  user: {client-certificate-data: SECRET, client-key-data: SECRET}
- name: work
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: login-tool
      args: [--token, SECRET]
      env: [{name: PASSWORD, value: SECRET}]
- name: cloud
  user:
    auth-provider:
      name: gcp
      config: {access-token: SECRET, expiry: 2018-03-01T01:02:03Z, cmd-path: /bin/x}
- name: basic
  user: {username: ada, password: SECRET, token: SECRET}
contexts:
- name: home
  context: {cluster: home, user: home, namespace: "1e10"}
extensions:
- name: of-a-tool
  extension: {last-update: 2024-01-01, note: SECRET}
"""


def _put(document: Document, name: str = "shop", **more: t.Any) -> Document:
    options: dict[str, t.Any] = {"cluster": CLUSTER, "user": USER, "namespace": "", "current": True, **more}
    return add_entries(document, name, **options)


def _others() -> Document:
    return parse(OTHERS, path="p")


def _without(document: Document, name: str) -> Document:
    """Return the document without the entries with this name."""
    return {
        key: [entry for entry in value if entry["name"] != name] if key in ("clusters", "users", "contexts") else value
        for key, value in document.items()
        if key != "current-context"
    }


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test with libyaml and with PyYAML's own parser, which is used if libyaml is not installed."""
    for name in ("SafeLoader", "SafeDumper"):
        prefix = "C" if request.param == "libyaml" else ""
        monkeypatch.setattr(_kubeconfig, f"_{name}", getattr(yaml, prefix + name))


@pytest.mark.parametrize(
    "text", [None, "", " \n", "# a comment\n", "---\n", "---\n# a comment\n", "null", "~", "---\n...\n"]
)
def test_an_empty_file_is_an_empty_kubeconfig(text: str | None) -> None:
    document = parse(text, path="p")

    assert [document[section] for section in ("clusters", "users", "contexts")] == [[], [], []]
    assert yaml.safe_load(dump(_put(document))) == {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "shop", "cluster": CLUSTER}],
        "users": [{"name": "shop", "user": USER}],
        "contexts": [{"name": "shop", "context": {"cluster": "shop", "user": "shop"}}],
        "current-context": "shop",
    }


def test_each_empty_kubeconfig_is_a_new_document() -> None:
    parse(None, path="p")["clusters"].append({"name": "x"})

    assert parse(None, path="p")["clusters"] == []


def test_other_entries_are_not_changed() -> None:
    """Other entries can contain keys that the collection does not know."""
    before = _others()
    kept = copy.deepcopy(before)

    after = parse(dump(_put(before)), path="p")

    assert _without(after, "shop") == _without(before, "shop")
    assert before == kept
    assert [entry["name"] for entry in after["clusters"]] == ["home", "work", "shop"]
    assert after["users"][2]["user"]["auth-provider"]["config"]["expiry"] == "2018-03-01T01:02:03Z"


@pytest.mark.parametrize("namespace", ["", "default"])
@pytest.mark.parametrize("text", [None, OTHERS])
def test_adding_an_entry_is_idempotent(text: str | None, namespace: str) -> None:
    once = _put(parse(text, path="p"), namespace=namespace)

    assert _put(once, namespace=namespace) == once
    assert _put(parse(dump(once), path="p"), namespace=namespace) == once
    assert once["contexts"][-1]["context"].get("namespace", "") == namespace


def test_an_entry_is_replaced_at_its_position() -> None:
    """Cluster settings that this collection does not write are kept."""
    after = _put(_others(), "home", namespace="team")

    assert [entry["name"] for entry in after["clusters"]] == ["home", "work"]
    assert after["clusters"][0] == {"name": "home", "cluster": {"future-key": ["1", "2.5", None], **CLUSTER}}
    assert after["users"][0] == {"name": "home", "user": USER}
    assert after["contexts"] == [{"name": "home", "context": {"cluster": "home", "user": "home", "namespace": "team"}}]


def test_an_incomplete_entry_is_completed() -> None:
    after = _put(_others(), "basic")

    assert [entry["name"] for entry in after["users"]] == ["home", "work", "cloud", "basic"]
    assert [entry["name"] for entry in after["clusters"]] == ["home", "work", "basic"]
    assert after["users"][3] == {"name": "basic", "user": USER}


def test_duplicate_entries_are_reduced_to_one() -> None:
    """kubectl rejects a file with duplicate entries."""
    text = "kind: Config\nusers: [{name: shop, user: {token: a}}, {name: x}, {name: shop, user: {token: b}}]\n"

    after = _put(parse(text, path="p"))

    assert after["users"] == [{"name": "shop", "user": USER}, {"name": "x"}]
    assert _put(after) == after
    assert remove_entries(parse(text, path="p"), "shop")["users"] == [{"name": "x"}]


@pytest.mark.parametrize(
    ("by_hand", "stays"),
    [
        ({"proxy-url": "http://proxy.example:3128"}, True),
        ({"tls-server-name": "c2.example"}, True),
        ({"disable-compression": True}, True),
        ({"extensions": [{"name": "x", "extension": {}}]}, True),
        ({"insecure-skip-tls-verify": True}, False),
        ({"certificate-authority": "/old.pem"}, False),
    ],
)
def test_manual_settings_of_a_cluster_are_kept(by_hand: Document, stays: bool) -> None:
    """The module keeps all manual settings except those that set another CA or disable certificate verification."""
    before = _put(parse(None, path="p"), cluster={"server": "https://old.example", **by_hand})

    assert _put(before)["clusters"][0]["cluster"] == {**(by_hand if stays else {}), **CLUSTER}


SHARED = """\
kind: Config
current-context: theirs
clusters:
- {name: shop, cluster: {server: "https://c2.containers.cloud.ibm.com:30422"}}
- {name: other, cluster: {server: "https://other.example"}}
users:
- {name: shop, user: {token: theirs}}
- {name: admin, user: {token: admin}}
contexts:
- {name: theirs, context: CONTEXT}
- {name: shop, context: {cluster: shop, user: shop}}
"""


@pytest.mark.parametrize(
    ("context", "server", "shared"),
    [
        pytest.param("{cluster: other, user: shop}", CLUSTER["server"], "user", id="user-of-another-cluster"),
        pytest.param(
            "{cluster: shop, user: admin}", "https://new.example", "cluster", id="cluster-with-another-server"
        ),
        pytest.param("{cluster: shop, user: admin}", CLUSTER["server"], "", id="same-cluster-with-another-user"),
        pytest.param("{cluster: shop, user: shop, namespace: x}", CLUSTER["server"], "", id="another-namespace"),
        pytest.param("{cluster: shop, user: shop, namespace: x}", "https://new.example", "", id="new-server"),
        pytest.param("null", CLUSTER["server"], "", id="empty-context"),
    ],
)
def test_entries_of_another_context_are_not_replaced(context: str, server: str, shared: str) -> None:
    """If another context uses an entry, a change to this entry would also change the other context."""
    before = parse(SHARED.replace("CONTEXT", context), path="p")
    cluster = {**CLUSTER, "server": server}

    if shared:
        with pytest.raises(InputError, match=f"^The {shared} shop was not replaced: another context"):
            _put(before, cluster=cluster)
    else:
        assert _put(before, cluster=cluster)["users"][0] == {"name": "shop", "user": USER}
    after = remove_entries(before, "shop")
    assert [entry["name"] for entry in after["contexts"]] == ["theirs"]
    assert ("shop" in [entry["name"] for entry in after["users"]]) == ("user: shop" in context)
    assert ("shop" in [entry["name"] for entry in after["clusters"]]) == ("cluster: shop" in context)


@pytest.mark.parametrize(
    ("text", "current", "expected"),
    [
        (OTHERS, True, "shop"),
        (OTHERS, False, "home"),
        (None, False, "shop"),
        ('kind: Config\ncurrent-context: ""\n', False, "shop"),
    ],
)
def test_the_current_context_is_set_on_request(text: str | None, current: bool, expected: str) -> None:
    """If the file has no current context, the new context becomes the current context."""
    assert _put(parse(text, path="p"), current=current)["current-context"] == expected


def test_an_added_entry_can_be_removed() -> None:
    before = _others()

    assert remove_entries(_put(before, current=False), "shop") == before
    assert "current-context" not in remove_entries(_put(before, current=True), "shop")


@pytest.mark.parametrize("text", [None, OTHERS])
def test_removing_a_missing_entry_changes_nothing(text: str | None) -> None:
    document = parse(text, path="p")

    assert remove_entries(document, "shop") == document


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("SECRET", id="text"),
        pytest.param("[SECRET]", id="list"),
        pytest.param("7", id="number"),
        pytest.param("a: SECRET: b", id="no-YAML"),
        pytest.param("a: [SECRET", id="cut"),
        pytest.param("a: b\n---\nc: SECRET", id="two-documents"),
        pytest.param("a: !!python/object/apply:os.system [SECRET]", id="python-object"),
        pytest.param("\x00SECRET", id="control-character"),
        pytest.param("[" * 1000, id="deep"),
        pytest.param("a: !!int SECRET", id="no-number"),
        pytest.param("kind: Pod\nmetadata: {name: SECRET}", id="another-kind"),
        pytest.param("kind: [Config]", id="kind-that-is-no-text"),
        pytest.param("kind:\nclusters: []", id="null-kind"),
        pytest.param("kind: Config\nclusters: &a [{name: x, cluster: *a}]", id="alias-to-itself"),
        pytest.param("kind: Config\nx: &a {y: *a}", id="mapping-in-itself"),
        pytest.param("kind: Config\nx: !!omap [&a {y: 1}, *a]", id="omap"),
        pytest.param(
            "kind: Config\na0: &a0 [SECRET]\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)),
            id="billion-laughs",
        ),
        pytest.param('{"kind": "Config", "x": "\\ud800"}', id="lone-surrogate"),
        pytest.param('{"kind": "Config",\n\t"x": SECRET: }', id="broken-JSON"),
        pytest.param("kind: Config\nx: !!binary U0VDUkVU", id="binary"),
        pytest.param("kind: Config\nx: !!float .inf", id="explicit-infinity"),
        pytest.param("services: {web: {image: SECRET}}\nversion: '3'", id="another-document-without-a-kind"),
    ],
)
def test_a_file_that_is_not_a_kubeconfig_is_rejected(text: str) -> None:
    """The message must not contain the parser's error, which would quote the file."""
    with pytest.raises(InputError) as caught:
        parse(text, path="/home/ada/x")

    assert str(caught.value) == "/home/ada/x is not a kubeconfig. The file was not changed. Specify another path."
    assert caught.value.__context__ is None


@pytest.mark.parametrize("section", ["clusters", "users", "contexts"])
@pytest.mark.parametrize("content", ["SECRET", "{a: SECRET}", "[SECRET]", "[{user: SECRET}]", "7", "[[SECRET]]"])
def test_a_section_that_is_not_a_list_of_named_entries_is_rejected(section: str, content: str) -> None:
    """Without names, the module cannot find the entry to replace."""
    with pytest.raises(
        InputError, match=f"^/x is not a kubeconfig: {section} is not a list of named entries"
    ) as caught:
        parse(f"kind: Config\n{section}: {content}\n", path="/x")

    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("text", ["apiVersion: v1\nclusters: []\n", "users:\n", "kind: Config\nclusters: null\n"])
def test_a_minimal_kubeconfig_is_accepted(text: str) -> None:
    """kubectl accepts a file without a kind, and accepts null instead of an empty list."""
    assert parse(text, path="p")["clusters"] == []


def test_a_missing_pyyaml_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kubeconfig, "HAS_YAML", False)

    with pytest.raises(MissingLibraryError, match="PyYAML"):
        parse("SECRET", path="p")


@pytest.mark.parametrize(
    "text",
    [
        "y",
        "N",
        "yes",
        "off",
        "1e10",
        "0o17",
        "0x1f",
        "017",
        "123",
        "1_000",
        "12:30:45",
        ".5",
        "-1",
        "+1",
        "~",
        "null",
        "",
    ],
)
def test_strings_that_look_like_other_types_are_quoted(text: str) -> None:
    """kubectl reads more unquoted strings as numbers or booleans than PyYAML does."""
    written = dump(_put(parse(None, path="p"), text, user={"token": text}))

    assert f"token: '{text}'\n" in written
    assert parse(written, path="p")["users"] == [{"name": text, "user": {"token": text}}]


@pytest.mark.parametrize(
    "text", ["2018-03-01T01:02:03Z", "2018-03-01", "2001-99-99", "2018-03-01 01:02:03", "12:30:45"]
)
def test_times_are_strings(text: str) -> None:
    """Credential plugins of other clouds write expiry times without quotes. These times can be invalid dates."""
    document = parse(f"kind: Config\nusers: [{{name: u, user: {{expiry: '{text}'}}}}]\n", path="p")
    plain = parse(f"kind: Config\nusers:\n- name: u\n  user:\n    expiry: {text}\n", path="p")

    assert document["users"][0]["user"]["expiry"] == text
    assert parse(dump(plain), path="p") == plain
    if "-" in text:
        assert plain == document


@pytest.mark.parametrize(
    "text", ["7", "0", "-1", "9" * 400, "1.5", "-1.50", "9" * 400 + ".5", "9" * 5000, "1.7976931348623159e308"]
)
@pytest.mark.parametrize("form", ["kind: Config\nx: {}\n", '{{"kind": "Config", "x": {}}}'])
def test_numbers_are_not_changed(text: str, form: str) -> None:
    document = parse(form.format(text), path="p")

    assert f"x: {text}\n" in dump(document).replace("!!float ", "").replace("'", "")
    assert parse(dump(document), path="p") == document
    redacted_text(document)


@pytest.mark.parametrize("text", ["1e400", "-1e308", "NaN", "Infinity", "-.inf", ".nan", "0x1f", "0777"])
@pytest.mark.parametrize("form", ["kind: Config\nx: {}\n", '{{"kind": "Config", "x": {}}}'])
def test_numbers_that_json_lacks_are_not_changed(text: str, form: str) -> None:
    document = parse(form.format(text), path="p")

    assert str(document["x"]) == text
    assert parse(dump(document), path="p") == document


def test_json_with_tabs_is_accepted() -> None:
    """kubectl accepts tabs."""
    document = _put(_others())
    text = json.dumps(document, indent="\t")

    assert "\n\t" in text
    assert parse(text, path="p") == document


def test_aliases_are_expanded() -> None:
    """kubectl accepts YAML aliases. A change to one entry must not change another entry."""
    document = parse("kind: Config\nusers: [{name: a, user: &u {token: x}}, {name: shop, user: *u}]", path="p")

    after = _put(document)

    assert after["users"] == [{"name": "a", "user": {"token": "x"}}, {"name": "shop", "user": USER}]
    assert "&" not in dump(after)
    assert "*" not in dump(after)


def test_long_strings_are_not_changed() -> None:
    """Tokens and certificates are longer than the lines that PyYAML writes."""
    long = "a" * 5000 + " " + "b" * 500 + "\n\u00fc"

    assert parse(dump(_put(_others(), user={"token": long})), path="p")["users"][-1]["user"]["token"] == long


# Diffs


def test_a_diff_has_no_secret() -> None:
    """Other entries can contain secrets under any key, so the diff shows only values that are known to be public."""
    user = {
        "auth-provider": {
            "name": "oidc",
            "config": {"id-token": "SECRET", "refresh-token": "SECRET", "client-id": "kube"},
        }
    }

    shown = redacted_text(_put(_others(), user=user))

    assert "SECRET" not in shown
    assert "(hidden)" in shown


@pytest.mark.parametrize(
    "url", ["https://ada:SECRET@c2.example:1", "https://SECRET@c2.example", "https://a:S/SECRET@c2"]
)
def test_a_diff_has_no_user_information_of_urls(url: str) -> None:
    """User information can occur in the URLs of clusters and in the names of entries."""
    shown = redacted_text(_put(_others(), url, cluster={"server": url}))

    assert "SECRET" not in shown
    assert "https://(hidden)@c2" in shown


def test_a_diff_shows_public_values() -> None:
    user = {"auth-provider": {"name": "oidc", "config": {"idp-issuer-url": "https://iam.example", "id-token": "x"}}}

    shown = yaml.safe_load(redacted_text(_put(_others(), user=user, namespace="team")))

    assert shown["clusters"][-1] == {"name": "shop", "cluster": CLUSTER}
    assert shown["contexts"][-1]["context"] == {"cluster": "shop", "user": "shop", "namespace": "team"}
    assert shown["current-context"] == "shop"
    assert shown["users"][-1]["user"]["auth-provider"] == {
        "name": "oidc",
        "config": {"idp-issuer-url": "https://iam.example", "id-token": "(hidden)"},
    }


def test_a_diff_of_tokens_only_is_empty() -> None:
    before, after = _put(_others()), _put(_others(), user={"token": "another"})

    assert before != after
    assert redacted_text(before) == redacted_text(after)


def test_redaction_does_not_change_the_document() -> None:
    document = _put(_others())
    kept = copy.deepcopy(document)

    redacted_text(document)

    assert document == kept
