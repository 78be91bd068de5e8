//! The order of an array's dimensions.

/// Where the channels of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// As in the tensor: N x C x D1..Dn where it is an image.
    Tensor,
    /// N x D1..Dn x C: what convolutions and poolings read and make.
    ChannelsLast,
}

impl Order {
    /// The dimension in this order that dimension `axis` of a tensor of rank `rank` is.
    pub fn place(self, axis: usize, rank: usize) -> usize {
        match (self, axis) {
            (Self::Tensor, _) | (_, 0) => axis,
            _ if rank < 3 => axis,
            (Self::ChannelsLast, 1) => rank - 1,
            (Self::ChannelsLast, _) => axis - 1,
        }
    }

    /// The dimension of this order that each one of `to` is.
    pub fn permutation(self, to: Self, rank: usize) -> Vec<usize> {
        let mut perm = vec![0; rank];
        for axis in 0..rank {
            perm[to.place(axis, rank)] = self.place(axis, rank);
        }
        perm
    }

    /// The shape in this order of a tensor.
    pub fn shape(self, tensor: &[usize]) -> Vec<usize> {
        let perm = Self::Tensor.permutation(self, tensor.len());
        perm.into_iter().map(|axis| tensor[axis]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutations_go_there_and_back() {
        assert_eq!(Order::ChannelsLast.shape(&[1, 2, 3, 4]), [1, 3, 4, 2]);
        assert_eq!(Order::ChannelsLast.shape(&[1, 2]), [1, 2]);
        let (tensor, last) = (Order::Tensor, Order::ChannelsLast);
        assert_eq!(tensor.permutation(last, 4), [0, 2, 3, 1]);
        assert_eq!(last.permutation(tensor, 4), [0, 3, 1, 2]);
        assert_eq!(last.permutation(last, 3), [0, 1, 2]);
    }
}
