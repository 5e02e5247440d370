"""pytorch-loop: the training loop of PyTorch's tutorials; loss and accuracy stay tensors until the pass ends, as its tuning guide advises."""
import torch
from torch import nn

from request import LEARNING_RATE, CLASSES, read_request, report_speed, synthetic_data

REQUEST = read_request()
torch.set_num_threads(REQUEST["threads"])
torch.manual_seed(1)


def network(name):
    """Logits from floats [batch, channels, height, width]."""
    convolutions = [
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
    ] if name == "cnn" else []
    inputs = 1600 if name == "cnn" else 784
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, CLASSES))


def main():
    pixels, labels = synthetic_data(REQUEST)
    layout = torch.channels_last if REQUEST["model"] == "cnn" else torch.contiguous_format
    images = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=layout)
    labels = torch.from_numpy(labels).long()
    model = network(REQUEST["model"]).to(memory_format=layout)
    optimizers = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    optimizer = optimizers[REQUEST["optimizer"]](model.parameters(), lr=LEARNING_RATE[REQUEST["optimizer"]])
    loss_of = nn.CrossEntropyLoss()

    def one_pass():
        loss_sum, right = torch.zeros(()), torch.zeros((), dtype=torch.long)
        for rows in torch.randperm(len(labels)).split(REQUEST["batch"]):
            wanted = labels[rows]
            logits = model(images[rows])
            loss = loss_of(logits, wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach() * len(rows)
            right += (logits.detach().argmax(1) == wanted).sum()
        return loss_sum.item() / len(labels), right.item() / len(labels)

    settings = f"torch {torch.__version__}, {REQUEST['threads']} threads, eager, {str(layout).removeprefix('torch.')}"
    report_speed(REQUEST, one_pass, settings)


main()
