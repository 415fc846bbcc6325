"""A second projection of status reports, written from WIRE.md alone: what 30621 has to say about a 24620."""


def text(value) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def first_text(node: dict, names: list[str]) -> str | None:
    return next((found for name in names if (found := text(node.get(name)))), None)


def number(value) -> float | int | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def models_of(node: dict) -> list[str]:
    lists = [node.get("hosted_models"), node.get("serving_models")]
    return [model for values in lists if isinstance(values, list) for value in values if (model := text(value))]


def project(report: dict, dialect: str = "sprout") -> dict:
    """The content of the note, without `updatedAt`."""
    peers = report.get("peers") if isinstance(report.get("peers"), list) else []
    nodes = [(report, text(report.get("token")), text(report.get("node_id")), number(report.get("my_vram_gb")))]
    for peer in peers:
        if isinstance(peer, dict):
            endpoint = first_text(peer, ["invite_token", "endpoint_addr", "endpointAddr"])
            nodes.append((peer, endpoint, first_text(peer, ["hostname", "id"]), number(peer.get("vram_gb"))))

    models, targets = set(), {}
    for node, endpoint, name, vram in nodes:
        for model in models_of(node):
            models.add(model)
            if endpoint:
                target = {"modelId": model, "endpointAddr": endpoint, "capacity": {"vramGb": vram}}
                targets.setdefault((model, endpoint), {**target, "nodeName": name} if name else target)

    optional = {"meshId": text(report.get("mesh_id")), "meshName": text(report.get("mesh_name"))}
    return {
        "v": 1, "type": f"{dialect}-mesh-status",
        **{name: value for name, value in optional.items() if value},
        "serveTargets": [targets[key] for key in sorted(targets, key=lambda pair: [part.encode() for part in pair])],
        "models": [{"id": model} for model in sorted(models, key=str.encode)],
        "peerCount": len(peers),
    }
