"""The Kullback-Leibler divergence: the nats lost by taking the network's probabilities for the target's."""

from torch import Tensor
from torch.nn.functional import kl_div

from image_classification.learning.losses.base import LOSSES, Loss, as_probabilities


@LOSSES.register("kullback_leibler")
class KullbackLeibler(Loss):
    """Compares softmax(logits) p with class probabilities t: Σ_c t_c · log(t_c / p_c), per image.

    It is the cross entropy less the entropy of the target, so for class indices, whose one-hot vectors have
    none, the two are the same. Source: torch.nn.KLDivLoss; S. Kullback and R. Leibler, "On Information and
    Sufficiency", 1951.
    """

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean divergence, a scalar."""
        return kl_div(logits.log_softmax(dim=1), as_probabilities(labels, logits), reduction="batchmean")
