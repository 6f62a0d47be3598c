# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kubeconfig: our entries in and out, and everything else as it was."""

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
    """The document as everybody else sees it."""
    return {
        key: [entry for entry in value if entry["name"] != name] if key in ("clusters", "users", "contexts") else value
        for key, value in document.items()
        if key != "current-context"
    }


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test with libyaml and with PyYAML's own parser, which machines without libyaml use."""
    for name in ("SafeLoader", "SafeDumper"):
        prefix = "C" if request.param == "libyaml" else ""
        monkeypatch.setattr(_kubeconfig, f"_{name}", getattr(yaml, prefix + name))


@pytest.mark.parametrize(
    "text", [None, "", " \n", "# a comment\n", "---\n", "---\n# a comment\n", "null", "~", "---\n...\n"]
)
def test_an_empty_file_is_an_empty_kubeconfig(text: str | None) -> None:
    """One that kubectl takes."""
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


def test_an_empty_kubeconfig_is_not_shared() -> None:
    """What one task puts in does not appear in the next one's."""
    parse(None, path="p")["clusters"].append({"name": "x"})

    assert parse(None, path="p")["clusters"] == []


def test_other_entries_stay() -> None:
    """Also what we do not know, in its place and in its type; what was given is not changed."""
    before = _others()
    kept = copy.deepcopy(before)

    after = parse(dump(_put(before)), path="p")

    assert _without(after, "shop") == _without(before, "shop")
    assert before == kept
    assert [entry["name"] for entry in after["clusters"]] == ["home", "work", "shop"]
    assert after["users"][2]["user"]["auth-provider"]["config"]["expiry"] == "2018-03-01T01:02:03Z"


@pytest.mark.parametrize("namespace", ["", "default"])
@pytest.mark.parametrize("text", [None, OTHERS])
def test_the_same_twice_is_the_same(text: str | None, namespace: str) -> None:
    """Idempotent, also over the file."""
    once = _put(parse(text, path="p"), namespace=namespace)

    assert _put(once, namespace=namespace) == once
    assert _put(parse(dump(once), path="p"), namespace=namespace) == once
    assert once["contexts"][-1]["context"].get("namespace", "") == namespace


def test_an_entry_is_replaced_in_its_place() -> None:
    """All three parts of it. Only settings of the cluster that this collection does not make stay."""
    after = _put(_others(), "home", namespace="team")

    assert [entry["name"] for entry in after["clusters"]] == ["home", "work"]
    assert after["clusters"][0] == {"name": "home", "cluster": {"future-key": ["1", "2.5", None], **CLUSTER}}
    assert after["users"][0] == {"name": "home", "user": USER}
    assert after["contexts"] == [{"name": "home", "context": {"cluster": "home", "user": "home", "namespace": "team"}}]


def test_an_entry_that_is_only_half_there() -> None:
    """The parts that are missing are added."""
    after = _put(_others(), "basic")

    assert [entry["name"] for entry in after["users"]] == ["home", "work", "cloud", "basic"]
    assert [entry["name"] for entry in after["clusters"]] == ["home", "work", "basic"]
    assert after["users"][3] == {"name": "basic", "user": USER}


def test_entries_that_are_there_twice() -> None:
    """One is left, in the place of the first; kubectl rejects a file with two."""
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
def test_settings_of_the_cluster_that_were_made_by_hand(by_hand: Document, stays: bool) -> None:
    """They stay, except those that decide what is trusted."""
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
def test_entries_that_another_context_uses(context: str, server: str, shared: str) -> None:
    """They are not replaced if that would make the context another one. ``absent`` does not remove them."""
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
def test_the_current_context(text: str | None, current: bool, expected: str) -> None:
    """A file that has none gets it in any case."""
    assert _put(parse(text, path="p"), current=current)["current-context"] == expected


def test_taking_out_what_was_put_in() -> None:
    """The rest is as it was before."""
    before = _others()

    assert remove_entries(_put(before, current=False), "shop") == before
    assert "current-context" not in remove_entries(_put(before, current=True), "shop")


@pytest.mark.parametrize("text", [None, OTHERS])
def test_taking_out_what_is_not_there(text: str | None) -> None:
    """No change."""
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
def test_what_is_no_kubeconfig_is_refused(text: str) -> None:
    """Before anything is overwritten; the parser's words would quote the file."""
    with pytest.raises(InputError) as caught:
        parse(text, path="/home/ada/x")

    assert str(caught.value) == "/home/ada/x is not a kubeconfig. The file was not changed. Specify another path."
    assert caught.value.__context__ is None


@pytest.mark.parametrize("section", ["clusters", "users", "contexts"])
@pytest.mark.parametrize("content", ["SECRET", "{a: SECRET}", "[SECRET]", "[{user: SECRET}]", "7", "[[SECRET]]"])
def test_sections_that_are_none(section: str, content: str) -> None:
    """Entries have names; else it is not known what would be replaced."""
    with pytest.raises(
        InputError, match=f"^/x is not a kubeconfig: {section} is not a list of named entries"
    ) as caught:
        parse(f"kind: Config\n{section}: {content}\n", path="/x")

    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("text", ["apiVersion: v1\nclusters: []\n", "users:\n", "kind: Config\nclusters: null\n"])
def test_a_kubeconfig_with_little_in_it(text: str) -> None:
    """kubectl takes one without a kind, and null for no entries."""
    assert parse(text, path="p")["clusters"] == []


def test_without_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is named, and nothing is read."""
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
def test_texts_that_look_like_something_else(text: str) -> None:
    """kubectl reads more of them as numbers and booleans than PyYAML does, so that they are quoted."""
    written = dump(_put(parse(None, path="p"), text, user={"token": text}))

    assert f"token: '{text}'\n" in written
    assert parse(written, path="p")["users"] == [{"name": text, "user": {"token": text}}]


@pytest.mark.parametrize(
    "text", ["2018-03-01T01:02:03Z", "2018-03-01", "2001-99-99", "2018-03-01 01:02:03", "12:30:45"]
)
def test_times_stay_texts(text: str) -> None:
    """Other clouds' plugins write down when their tokens end; a date that does not exist is theirs, too."""
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
def test_numbers_stay_as_they_are(text: str, form: str) -> None:
    """Whatever their size; none is rounded."""
    document = parse(form.format(text), path="p")

    assert f"x: {text}\n" in dump(document).replace("!!float ", "").replace("'", "")
    assert parse(dump(document), path="p") == document
    redacted_text(document)


@pytest.mark.parametrize("text", ["1e400", "-1e308", "NaN", "Infinity", "-.inf", ".nan", "0x1f", "0777"])
@pytest.mark.parametrize("form", ["kind: Config\nx: {}\n", '{{"kind": "Config", "x": {}}}'])
def test_odd_numbers_are_not_an_internal_error(text: str, form: str) -> None:
    """They are written as they were read."""
    document = parse(form.format(text), path="p")

    assert str(document["x"]) == text
    assert parse(dump(document), path="p") == document


def test_json_with_tabs_is_a_kubeconfig() -> None:
    """kubectl accepts it."""
    document = _put(_others())
    text = json.dumps(document, indent="\t")

    assert "\n\t" in text
    assert parse(text, path="p") == document


def test_aliases_are_written_out() -> None:
    """kubectl accepts them, and a change of one entry must not change another."""
    document = parse("kind: Config\nusers: [{name: a, user: &u {token: x}}, {name: shop, user: *u}]", path="p")

    after = _put(document)

    assert after["users"] == [{"name": "a", "user": {"token": "x"}}, {"name": "shop", "user": USER}]
    assert "&" not in dump(after)
    assert "*" not in dump(after)


def test_long_texts_stay_on_one_line_when_read_again() -> None:
    """Tokens and certificates are longer than the lines of YAML."""
    long = "a" * 5000 + " " + "b" * 500 + "\n\u00fc"

    assert parse(dump(_put(_others(), user={"token": long})), path="p")["users"][-1]["user"]["token"] == long


# What a diff shows


def test_a_diff_shows_no_secret() -> None:
    """Of others neither, under whatever key a plugin keeps it: only what is known to be open is shown."""
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
def test_a_diff_shows_no_user_information_of_urls(url: str) -> None:
    """In the address of a cluster, and in names."""
    shown = redacted_text(_put(_others(), url, cluster={"server": url}))

    assert "SECRET" not in shown
    assert "https://(hidden)@c2" in shown


def test_a_diff_shows_what_is_open() -> None:
    """Names, addresses, CAs and issuers."""
    user = {"auth-provider": {"name": "oidc", "config": {"idp-issuer-url": "https://iam.example", "id-token": "x"}}}

    shown = yaml.safe_load(redacted_text(_put(_others(), user=user, namespace="team")))

    assert shown["clusters"][-1] == {"name": "shop", "cluster": CLUSTER}
    assert shown["contexts"][-1]["context"] == {"cluster": "shop", "user": "shop", "namespace": "team"}
    assert shown["current-context"] == "shop"
    assert shown["users"][-1]["user"]["auth-provider"] == {
        "name": "oidc",
        "config": {"idp-issuer-url": "https://iam.example", "id-token": "(hidden)"},
    }


def test_a_new_token_alone_shows_no_lines() -> None:
    """There is a change, and nothing of it to see."""
    before, after = _put(_others()), _put(_others(), user={"token": "another"})

    assert before != after
    assert redacted_text(before) == redacted_text(after)


def test_what_is_shown_is_a_copy() -> None:
    """The masks do not get into the file."""
    document = _put(_others())
    kept = copy.deepcopy(document)

    redacted_text(document)

    assert document == kept
