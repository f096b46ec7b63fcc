#!/usr/bin/env python3
"""Places and pays an order with grpcio and no generated code.

The messages are made from the contracts' descriptors, which `buf build -o image.binpb` writes:

    place_order.py 127.0.0.1:50051 image.binpb MUG-BLUE TOWEL-LINEN

Prints what happened as one JSON object. Needs grpcio and protobuf (Debian: python3-grpcio).
"""

import argparse
import json
import uuid

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


class Contracts:
    """Message classes by their full name."""

    def __init__(self, image):
        self.pool = descriptor_pool.DescriptorPool()
        with open(image, "rb") as file:
            for proto in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
                self.pool.Add(proto)

    def message(self, descriptor):
        if hasattr(message_factory, "GetMessageClass"):  # protobuf 4.22 and later
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self.pool).GetPrototype(descriptor)

    def named(self, name):
        return self.message(self.pool.FindMessageTypeByName(name))


class Client:
    """The RPCs of one service: `client("AddItem", {"sku": "MUG"})` answers with a dict."""

    def __init__(self, channel, contracts, service):
        self.channel = channel
        self.contracts = contracts
        self.service = contracts.pool.FindServiceByName(service)
        self.metadata = []

    def __call__(self, method, request):
        rpc = self.service.FindMethodByName(method)
        call = self.channel.unary_unary(
            f"/{self.service.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self.contracts.message(rpc.output_type).FromString,
        )
        message = json_format.ParseDict(request, self.contracts.message(rpc.input_type)())
        answer = call(message, timeout=10, metadata=self.metadata)
        return json_format.MessageToDict(answer)


def reason_of(error, contracts):
    """The reason in the google.rpc.ErrorInfo that every error of the shop carries."""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            for detail in contracts.named("google.rpc.Status").FromString(value).details:
                info = contracts.named("google.rpc.ErrorInfo")()
                if detail.Unpack(info):
                    return info.reason
    return None


def buy(channel, contracts, skus):
    carts = Client(channel, contracts, "rowlock.cart.v1.CartService")
    orders = Client(channel, contracts, "rowlock.order.v1.OrderService")

    cart = carts("CreateCart", {})
    # Whoever holds the token owns the cart, and later the order.
    carts.metadata = orders.metadata = [("rowlock-token", cart["token"])]
    for sku in skus:
        carts("AddItem", {"cartId": cart["id"], "sku": sku, "quantity": 1})
    carts(
        "SetDelivery",
        {
            "cartId": cart["id"],
            "contact": {"email": "ada@example.com", "phone": "+14155550123"},
            "shippingAddress": {
                "name": "Ada Lovelace",
                "line1": "1 Main St",
                "city": "Portland",
                "state": "OR",
                "postalCode": "97201",
                "countryCode": "US",
            },
        },
    )

    # With the same request_id a retry gets the same order, however often it is sent.
    request = {"cartId": cart["id"], "requestId": str(uuid.uuid4())}
    order = orders("PlaceOrder", request)
    again = orders("PlaceOrder", request)
    cheapest = order["shippingMethods"][0]
    order = orders("SetShippingMethod", {"orderId": order["id"], "shippingMethodId": cheapest["id"]})

    def pay(card):
        request_id = str(uuid.uuid4())
        return orders(
            "PayOrder",
            {"orderId": order["id"], "card": {"paymentMethod": card}, "requestId": request_id},
        )

    refusal = None
    try:
        pay("pm_card_chargeDeclined")
    except grpc.RpcError as error:
        # The goods stay locked for the buyer, who may try another card.
        refusal = {"code": error.code().name, "reason": reason_of(error, contracts)}
    paid = pay("pm_card_visa")
    return {
        "order_id": order["id"],
        "same_order_again": again["id"] == order["id"],
        "lines": [line["sku"] for line in order["lines"]],
        "declined": refusal,
        "state": paid["state"],
        "payment": paid["payment"]["state"],
        "total": paid["total"],
    }


def main():
    parser = argparse.ArgumentParser(description="Places and pays an order.")
    parser.add_argument("address", help="the shop's gRPC port, for example 127.0.0.1:50051")
    parser.add_argument("image", help="the contracts: buf build -o image.binpb")
    parser.add_argument("skus", nargs="+", metavar="SKU")
    args = parser.parse_args()
    with grpc.insecure_channel(args.address) as channel:
        print(json.dumps(buy(channel, Contracts(args.image), args.skus), indent=2))


if __name__ == "__main__":
    main()
